/* Its entry fails. */
#define IN_ENTRY return fail(error, ERROR, "not today");
#include "algorithm.h"
