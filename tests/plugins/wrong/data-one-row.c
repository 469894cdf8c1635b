/* Takes it that a batch has a second row. */
#define FOR_BATCH if (batch->length == 1) return refuse(inputs, count, error, ERROR, "a batch of one row");
#include "algorithm.h"
