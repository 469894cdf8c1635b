/* Takes it that it is booked before it is aborted. */
#define IN_ABORT if (!component->booked) abort();
#include "algorithm.h"
