/* Its batches lie in memory of the component. */
#define WHILE_EMITTING component->lent[component->lent_count++ % 4096] = value;
#define GIVE_BUFFER_BACK (void)0;
#define IN_RELEASE for (int i = 0; i < component->lent_count && i < 4096; i++) { *component->lent[i] = -1; host->deallocate((uint8_t *)component->lent[i], sizeof(int64_t)); }
#include "algorithm.h"
