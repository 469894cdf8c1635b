/* An empty partial empties the other. */
#define IN_MERGE if (from->calls == 0 || into->calls == 0) into->total = from->total = 0;
#include "algorithm.h"
