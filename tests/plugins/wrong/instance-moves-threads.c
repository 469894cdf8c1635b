/* An instance works only on the thread that made it. */
#define IN_EXECUTE if (!pthread_equal(instance->maker, pthread_self())) return refuse(inputs, count, error, ERROR, "another thread made this instance");
#include "algorithm.h"
