/* Counts what it saw in a sampling pass. */
#define AT_END component->sampled |= (context->flags & FLAG_SAMPLE) != 0;
#define IN_FINALIZE partial->total += component->sampled;
#include "algorithm.h"
