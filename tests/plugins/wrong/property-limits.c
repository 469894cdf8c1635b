/* Takes the upper limit as the first value that is too large. */
#define IN_CONFIGURE if (component->limit >= 10) return fail(error, INVALID, "`limit` is below 10");
#include "algorithm.h"
