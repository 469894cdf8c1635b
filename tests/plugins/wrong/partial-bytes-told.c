/* Reads a null partial for its size. */
#define SIZE_OF_PARTIAL sizeof(partial_t) + (uint64_t)(partial->calls < 0)
#include "algorithm.h"
