/* Accepts a type that is none. */
#define ACCEPTS "\"*\", \"Int46\""
#include "algorithm.h"
