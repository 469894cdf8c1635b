/* Waits for the job to go on. */
#define CANCELLED for (;;) pause();
#include "algorithm.h"
