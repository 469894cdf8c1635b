/* Writes zeros where nulls are. */
#define AT_NULL(values, i) values[i] = 0;
#include "algorithm.h"
