/* Loads one more than it saved. */
#define IN_LOAD partial->total += 1;
#include "algorithm.h"
