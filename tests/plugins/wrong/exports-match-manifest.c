/* Exports a component that its manifest does not have. */
#define MORE_COMPONENTS , { sizeof(component_t), KIND_ALGORITHM, 0, { (const uint8_t *)"hidden", 6 }, .algorithm = &table }
#include "algorithm.h"
