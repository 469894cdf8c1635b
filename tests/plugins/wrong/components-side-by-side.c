/* There can be only one. */
static int live;
#define IN_CONFIGURE if (live) return fail(error, ERROR, "there is one already"); live = 1;
#define IN_RELEASE live = 0;
#include "algorithm.h"
