/* Leaves a released batch unmarked. */
#define MARK_BATCH (void)array;
#include "algorithm.h"
