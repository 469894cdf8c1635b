/* Does not say who made it. */
#define VENDOR ""
#include "algorithm.h"
