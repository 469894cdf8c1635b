/* Overlooks the offset of an array. */
#define OFFSET_OF(column) 0
#include "algorithm.h"
