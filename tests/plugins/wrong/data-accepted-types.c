/* Cannot do timestamps, and says so too late. */
#define FOR_BATCH if (component->sampled) return refuse(inputs, count, error, UNSUPPORTED, "no timestamps");
#define IN_INITIALIZE component->sampled = inputs[0]->n_children == 1 && strcmp(inputs[0]->children[0]->format, "tsn:UTC") == 0;
#include "algorithm.h"
