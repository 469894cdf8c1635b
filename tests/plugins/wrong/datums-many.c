/* Opens one input at a time. */
#define IN_OPEN if (component->open > 0) return fail(error, ERROR, "an input is open already");
#include "reader.h"
