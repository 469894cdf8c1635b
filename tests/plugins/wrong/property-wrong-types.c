/* Reads the text of a value that is a float. */
#define IN_CONFIGURE if (label && label->kind == VALUE_FLOAT) component->limit = label->text.data[0];
#include "algorithm.h"
