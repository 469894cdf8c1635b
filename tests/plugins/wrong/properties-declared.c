/* Asks for a property that its manifest does not have. */
#define IN_CONFIGURE context->host->property(context, TEXT("backdoor"));
#include "algorithm.h"
