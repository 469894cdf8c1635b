/* Has room for four places. */
#define IN_PLACE if (component->places >= 4) return fail(error, ERROR, "no room for another place");
#include "tool.h"
