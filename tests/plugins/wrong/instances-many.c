/* Has room for eight instances. */
#define IN_NEW_INSTANCE if (__sync_add_and_fetch(&live, 1) > 8) { __sync_sub_and_fetch(&live, 1); free(instance); return fail(error, ERROR, "no room for another"); }
#define IN_RELEASE_INSTANCE __sync_sub_and_fetch(&live, 1);
static int live;
#include "algorithm.h"
