/* Takes it that there is a sample. */
#define SHOWS_NULLS sample->nullable
#include "reader.h"
