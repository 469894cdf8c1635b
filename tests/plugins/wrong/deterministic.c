/* Gives another total every time, for batches of 501 rows. */
static int emitted;
#define WHILE_EMITTING if (rows == 501) *value += emitted++;
#include "algorithm.h"
