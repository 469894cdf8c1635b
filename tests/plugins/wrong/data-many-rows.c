/* Counts rows in sixteen bits. */
#define FOR_BATCH if (batch->length > 65535) return refuse(inputs, count, error, ERROR, "too many rows");
#include "algorithm.h"
