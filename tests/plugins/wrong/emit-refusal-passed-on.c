/* Overlooks that its batch was refused. */
#define EMIT_REFUSED return OK;
#include "algorithm.h"
