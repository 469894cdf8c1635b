/* Loses partials of five chunks and more. */
#define IN_MERGE if (from->calls >= 5) from->total = 0;
#include "algorithm.h"
