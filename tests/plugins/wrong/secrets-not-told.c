/* Logs its secret. */
#define IN_CONFIGURE if (key && key->kind == VALUE_STRING) context->host->log(context, LOG_INFO, key->text);
#include "algorithm.h"
