/* Releases a schema that it only borrowed. */
#define AFTER_SCHEMAS ((struct ArrowSchema *)inputs[0])->release((struct ArrowSchema *)inputs[0]);
#include "algorithm.h"
