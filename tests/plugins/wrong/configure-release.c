/* A component that was never initialized keeps its slot for ever, and there are eighteen. */
static int slots;
#define IN_CONFIGURE if (slots >= 18) return fail(error, ERROR, "no slot is left"); slots++;
#define IN_RELEASE if (component->initialized) slots--;
#include "algorithm.h"
