/* Looks for the end of the last record without looking for the end of the chunk. */
#define IN_EXECUTE if (chunk->len > 8 && chunk->len < 60 && memcmp(chunk->data, "row", 3) == 0 && end[-1] != '\n') abort();
#include "reader.h"
