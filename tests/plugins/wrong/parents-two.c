/* Takes two parents and knows one. */
#define FOR_BATCH if (inputs[i].parent == 1) return refuse(inputs, count, error, ERROR, "a batch of the second parent");
#include "algorithm.h"
