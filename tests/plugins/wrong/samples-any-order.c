/* Believes the last sample. */
#define IN_MERGE into->nullable = from->nullable;
#include "reader.h"
