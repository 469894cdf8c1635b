/* Cannot do views, and says so too late. */
#define FOR_BATCH if (component->sampled) return refuse(inputs, count, error, UNSUPPORTED, "no views");
#define IN_INITIALIZE component->sampled = inputs[0]->n_children == 1 && inputs[0]->children[0]->format[0] == 'v';
#include "algorithm.h"
