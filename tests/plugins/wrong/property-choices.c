/* Does not know one of its choices. */
#define IN_CONFIGURE if (mode && is_text(mode, "slow")) return fail(error, INVALID, "there is no slow mode");
#include "algorithm.h"
