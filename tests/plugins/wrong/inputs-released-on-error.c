/* Forgets its batches when something fails. */
#define RELEASE_INPUTS_ON_ERROR (void)0;
#include "algorithm.h"
