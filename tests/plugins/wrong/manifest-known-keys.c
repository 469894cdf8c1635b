/* Misspells a key of the manifest. */
#define MORE_KEYS "licens = \"MIT\"\n"
#include "algorithm.h"
