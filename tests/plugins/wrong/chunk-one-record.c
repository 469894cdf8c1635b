/* Loses a record that is alone in its chunk. */
#define AT_END if (context->first_record > 0 && lines == 1) rows->count = 0;
#include "reader.h"
