/* Promises a row too many, after batches of 777 rows. */
#define WHILE_EMITTING if (rows == 777) length = 2;
#include "algorithm.h"
