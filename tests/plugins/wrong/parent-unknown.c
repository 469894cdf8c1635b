/* Looks a parent up without looking whether there is one. */
#define UNKNOWN_PARENT abort();
#include "algorithm.h"
