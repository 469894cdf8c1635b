/* Looks bytes up in a table that ends before the last one. */
#define IN_EXECUTE if (chunk->len > 0 && memchr(chunk->data, 0xff, chunk->len)) abort();
#include "reader.h"
