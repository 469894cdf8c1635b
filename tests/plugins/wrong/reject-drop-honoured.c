/* Does not drop. */
#define ON_DROP (void)0;
#include "reader.h"
