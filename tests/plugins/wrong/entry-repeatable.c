/* Its entry works once. */
#define IN_ENTRY static int entered; if (entered++) return fail(error, ERROR, "entered twice");
#include "algorithm.h"
