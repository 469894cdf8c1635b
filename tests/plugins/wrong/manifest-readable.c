/* Speaks an ABI that this host does not. */
#define ABI_MAJOR_SAID 2
#include "algorithm.h"
