/* Says another delimiter the second time. */
#define IN_FRAMING if (component->framings++) out->delimiter = ';';
#include "reader.h"
