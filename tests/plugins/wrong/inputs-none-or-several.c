/* Takes it that a chunk brings a batch. */
#define IN_EXECUTE if (count == 0) return fail(error, ERROR, "no batch");
#include "algorithm.h"
