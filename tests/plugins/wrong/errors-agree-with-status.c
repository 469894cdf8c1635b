/* Returns one status and writes another. */
#define WITHOUT_PARENTS { fail(error, ERROR, "no parent"); return INVALID; }
#include "algorithm.h"
