/* Counts bytes from the start of the chunk. */
#define REJECTED_OFFSET (uint64_t)(line - chunk->data)
#include "reader.h"
