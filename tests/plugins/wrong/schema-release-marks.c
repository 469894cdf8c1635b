/* Leaves a released schema unmarked. */
#define MARK_SCHEMA (void)schema;
#include "algorithm.h"
