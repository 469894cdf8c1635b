/* Forgets the buffers of its batches. */
#define GIVE_BUFFER_BACK (void)0;
#include "algorithm.h"
