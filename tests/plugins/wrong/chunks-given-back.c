/* Keeps chunks for ever. */
#define RELEASE_CHUNK (void)0;
#include "reader.h"
