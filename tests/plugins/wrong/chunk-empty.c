/* Takes it that a chunk has bytes. */
#define IN_EXECUTE if (chunk->len == 0) return fail(error, ERROR, "an empty chunk");
#include "reader.h"
