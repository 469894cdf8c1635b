/* Two calls at once are one too many. */
#define IN_EXECUTE if (__sync_add_and_fetch(&busy, 1) > 1) overlapped = 1; usleep(5000); if (__sync_sub_and_fetch(&busy, 1) > 0) overlapped = 1; if (overlapped) return refuse(inputs, count, error, ERROR, "two calls at once");
static volatile int busy, overlapped;
#include "algorithm.h"
