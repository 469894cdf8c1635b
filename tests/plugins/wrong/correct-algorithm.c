/* No fault: the algorithm as it should be. */
#include "algorithm.h"
