/* Takes it that there was a chunk. */
#define IN_FINALIZE if (partial->calls == 0) return fail(error, ERROR, "there was no chunk");
#include "algorithm.h"
