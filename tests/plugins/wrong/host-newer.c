/* Refuses every host that is much newer than itself. */
#define IN_ENTRY if (table_of_host->abi_minor > 50) return fail(error, UNSUPPORTED, "too new");
#include "algorithm.h"
