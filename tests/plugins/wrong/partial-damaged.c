/* Does not look at what follows a saved partial. */
#define LENGTH_FITS(len) ((len) >= sizeof(saved_t))
#include "algorithm.h"
