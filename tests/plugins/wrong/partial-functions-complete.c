/* Promises partials and does not tell their size. */
#define PARTIAL_BYTES NULL
#include "algorithm.h"
