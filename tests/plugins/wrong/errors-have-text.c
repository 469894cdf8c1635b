/* Fails without a word. */
#define WITHOUT_PARENTS { error->status = INVALID; return INVALID; }
#include "algorithm.h"
