/* No fault: the reader as it should be. */
#include "reader.h"
