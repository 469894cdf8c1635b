/* Does not stop. */
#define ON_STOP return OK;
#include "reader.h"
