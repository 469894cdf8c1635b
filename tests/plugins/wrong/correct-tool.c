/* No fault: the tool as it should be. */
#include "tool.h"
