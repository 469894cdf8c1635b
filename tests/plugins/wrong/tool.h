/* A tool that gives the total of a batch. */
#define KIND_WORD "tool"
#define KIND_KEYS "accepts = [" ACCEPTS "]\n"
#include "plugin.h"

#ifndef IN_PLACE
#define IN_PLACE
#endif

typedef struct { it_t seen; it_t *component; } place_t;

static int32_t initialize(void *raw, const context_t *context, const struct ArrowSchema *input,
    struct ArrowSchema *output, void **out, error_t_ *error)
{
    it_t *component = raw;
    (void)context, (void)error;
    IN_PLACE
    place_t *place = calloc(1, sizeof *place);
    place->component = component;
    component->places++;
    see_schema(&place->seen, 0, input);
    *output = total_schema();
    *out = place;
    return OK;
}

static void release_place(void *raw)
{
    ((place_t *)raw)->component->places--;
    free(raw);
}

static int32_t execute(void *raw, const context_t *context, const void *place_raw, struct ArrowArray *input,
    struct ArrowArray *output, error_t_ *error)
{
    const place_t *place = place_raw;
    (void)context, (void)error;
    *output = total_batch(raw, input->length, total_of(&place->seen, 0, input));
    input->release(input);
    return OK;
}

static const struct {
    uint64_t struct_size;
    const void *functions[5];
} table = { 6 * sizeof(void *), { configure, release, initialize, release_place, execute } };
ENTRY(tool, KIND_TOOL)
