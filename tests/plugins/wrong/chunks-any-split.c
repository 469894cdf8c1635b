/* Loses the first record of every later chunk. */
#define AT_END if (context->first_record > 0 && lines > 1) { rows->count--; memmove(rows->lengths, rows->lengths + 1, rows->count * sizeof(int64_t)); }
#include "reader.h"
