/* Takes it that there is a first column. */
#define IN_INITIALIZE if (inputs[0]->n_children == 0) abort();
#include "algorithm.h"
