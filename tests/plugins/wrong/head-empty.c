/* Takes it that the head has bytes. */
#define IN_OPEN if (head->len == 0) abort();
#include "reader.h"
