/* Has room for sixty characters and does not look. */
#define IN_CONFIGURE if (label && label->kind == VALUE_STRING && label->text.len > 60) abort();
#include "algorithm.h"
