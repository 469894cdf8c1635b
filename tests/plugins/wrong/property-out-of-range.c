/* Relies on the host for the upper limit. */
#define ON_BAD_LIMIT if (limit->kind == VALUE_INT && limit->integer > 10) abort();
#include "algorithm.h"
