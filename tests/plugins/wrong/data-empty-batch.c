/* Takes it that a batch has rows. */
#define FOR_BATCH if (batch->length == 0) return refuse(inputs, count, error, ERROR, "a batch without rows");
#include "algorithm.h"
