/* Takes it that its node has a name. */
#define IN_EXECUTE if (context->node.data[0] == 0) total += 1;
#include "algorithm.h"
