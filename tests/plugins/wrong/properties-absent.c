/* Takes it that every property is there. */
#define IN_CONFIGURE component->limit = limit->integer;
#include "algorithm.h"
