/* Overlooks the null mask. */
#define IS_VALID(mask, i) ((mask) || !(mask))
#include "algorithm.h"
