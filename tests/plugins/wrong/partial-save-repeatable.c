/* Numbers its saves. */
#define IN_SAVE static uint8_t saves; partial->saved.spare[0] = ++saves;
#include "algorithm.h"
