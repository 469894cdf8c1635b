/* Forgets its batches when all went well. */
#define RELEASE_INPUTS (void)0;
#include "algorithm.h"
