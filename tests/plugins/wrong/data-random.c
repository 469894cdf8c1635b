/* Has room for thirty columns. */
#define FOR_BATCH if (batch->n_children > 30) return refuse(inputs, count, error, ERROR, "too many columns");
#include "algorithm.h"
