/* Cannot do dictionaries, and says so too late. */
#define FOR_BATCH if (batch->n_children == 1 && batch->children[0]->dictionary) return refuse(inputs, count, error, UNSUPPORTED, "no dictionaries");
#include "algorithm.h"
