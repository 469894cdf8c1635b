/* Takes it that every instance works before it is released. */
#define IN_RELEASE_INSTANCE if (!instance->used && instance->component->executed) abort();
#include "algorithm.h"
