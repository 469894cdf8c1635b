/* An algorithm that emits the total of each chunk and, at the end, of all of them. */
#define KIND_WORD "algorithm"
#ifndef PARTIAL_WORD
#define PARTIAL_WORD "exact"
#endif
#define KIND_KEYS "accepts = [" ACCEPTS "]\npartial = \"" PARTIAL_WORD "\"\n"
#include "plugin.h"

#ifndef IN_INITIALIZE
#define IN_INITIALIZE
#endif
#ifndef AFTER_SCHEMAS
#define AFTER_SCHEMAS
#endif
#ifndef WITHOUT_PARENTS
#define WITHOUT_PARENTS return fail(error, INVALID, "it takes one parent or two");
#endif
#ifndef IN_ABORT
#define IN_ABORT
#endif
#ifndef IN_NEW_INSTANCE
#define IN_NEW_INSTANCE
#endif
#ifndef IN_RELEASE_INSTANCE
#define IN_RELEASE_INSTANCE
#endif
/* Within execute, before anything is done; `return refuse(...)` releases the inputs. */
#ifndef IN_EXECUTE
#define IN_EXECUTE
#endif
/* Within execute, for each batch. */
#ifndef FOR_BATCH
#define FOR_BATCH
#endif
#ifndef UNKNOWN_PARENT
#define UNKNOWN_PARENT return refuse(inputs, count, error, INVALID, "there is no such parent");
#endif
#ifndef CANCELLED
#define CANCELLED return refuse(inputs, count, error, STOPPED, "stopped");
#endif
#ifndef RELEASE_INPUTS
#define RELEASE_INPUTS release_inputs(inputs, count);
#endif
#ifndef RELEASE_INPUTS_ON_ERROR
#define RELEASE_INPUTS_ON_ERROR release_inputs(inputs, count);
#endif
#ifndef EMIT_REFUSED
#define EMIT_REFUSED return status;
#endif
#ifndef AT_END
#define AT_END
#endif
#ifndef IN_FINALIZE
#define IN_FINALIZE
#endif
#ifndef IN_MERGE
#define IN_MERGE
#endif
#ifndef IN_SAVE
#define IN_SAVE
#endif
#ifndef IN_LOAD
#define IN_LOAD
#endif
#ifndef LENGTH_FITS
#define LENGTH_FITS(len) ((len) == sizeof(saved_t))
#endif
#ifndef SIZE_OF_PARTIAL
#define SIZE_OF_PARTIAL sizeof(partial_t)
#endif
#ifndef PARTIAL_BYTES
#define PARTIAL_BYTES partial_bytes
#endif

typedef struct { char magic[8]; int64_t total, calls; uint8_t spare[8]; } saved_t;
typedef struct { int64_t total, calls; saved_t saved; } partial_t;
typedef struct { it_t *component; pthread_t maker; int used; } instance_t;

static int32_t initialize(void *raw, const context_t *context, const struct ArrowSchema *const *inputs,
    uint32_t input_count, struct ArrowSchema *outputs, uint32_t output_count, error_t_ *error)
{
    it_t *component = raw;
    (void)context, (void)output_count;
    if (input_count < 1 || input_count > 2) {
        WITHOUT_PARENTS
    }
    IN_INITIALIZE
    component->parents = input_count;
    for (uint32_t i = 0; i < input_count; i++)
        see_schema(component, i, inputs[i]);
    component->initialized = 1;
    AFTER_SCHEMAS
    outputs[0] = total_schema();
    return OK;
}

static int32_t book(void *raw, const context_t *context, error_t_ *error)
{
    it_t *component = raw;
    histogram_t spec = { sizeof spec, TEXT("rows"), TEXT("Rows"), TEXT("rows"), AXIS_FIXED, 10, 0, 100, NULL, 0 };
    component->booked = 1;
    return context->host->book_histogram(context, &spec, &component->histogram, error);
}

static int32_t new_instance(void *raw, const context_t *context, void **out, error_t_ *error)
{
    instance_t *instance = calloc(1, sizeof *instance);
    (void)context, (void)error;
    instance->component = raw;
    instance->maker = pthread_self();
    IN_NEW_INSTANCE
    *out = instance;
    return OK;
}

static void release_instance(void *raw)
{
    instance_t *instance = raw;
    (void)instance;
    IN_RELEASE_INSTANCE
    free(raw);
}

static int32_t new_partial(void *raw, void **out, error_t_ *error)
{
    (void)raw, (void)error;
    *out = calloc(1, sizeof(partial_t));
    return OK;
}

static void release_partial(void *raw)
{
    free(raw);
}

static int32_t merge_partials(void *raw, void *into_raw, void *from_raw, error_t_ *error)
{
    partial_t *into = into_raw, *from = from_raw;
    (void)raw, (void)error;
    IN_MERGE
    into->total += from->total;
    into->calls += from->calls;
    free(from);
    return OK;
}

static int32_t save_partial(void *raw, void *partial_raw, text_t *out, error_t_ *error)
{
    partial_t *partial = partial_raw;
    (void)raw, (void)error;
    partial->saved = (saved_t){ "PARTIAL", partial->total, partial->calls, { 0 } };
    IN_SAVE
    *out = (text_t){ (const uint8_t *)&partial->saved, sizeof(saved_t) };
    return OK;
}

static int32_t load_partial(void *raw, text_t bytes, void **out, error_t_ *error)
{
    saved_t saved;
    (void)raw;
    if (!LENGTH_FITS(bytes.len) || memcmp(bytes.data, "PARTIAL", 8) != 0)
        return fail(error, BAD_DATA, "this is no saved partial");
    memcpy(&saved, bytes.data, sizeof saved);
    partial_t *partial = calloc(1, sizeof *partial);
    partial->total = saved.total;
    partial->calls = saved.calls;
    IN_LOAD
    *out = partial;
    return OK;
}

static inline uint64_t partial_bytes(void *raw, const void *partial_raw)
{
    const partial_t *partial = partial_raw;
    (void)raw, (void)partial;
    return SIZE_OF_PARTIAL;
}

static inline void release_inputs(const input_t *inputs, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++)
        if (inputs[i].array->release)
            inputs[i].array->release(inputs[i].array);
}

static inline int32_t refuse(const input_t *inputs, uint64_t count, error_t_ *error, int32_t status, const char *text)
{
    release_inputs(inputs, count);
    return fail(error, status, text);
}

static int32_t execute(void *raw, const context_t *context, void *instance_raw, void *partial_raw,
    const input_t *inputs, uint64_t count, error_t_ *error)
{
    it_t *component = raw;
    instance_t *instance = instance_raw;
    partial_t *partial = partial_raw;
    int64_t total = 0, rows = 0;
    if (context->host->cancelled(context)) {
        CANCELLED
    }
    IN_EXECUTE
    for (uint64_t i = 0; i < count; i++) {
        const struct ArrowArray *batch = inputs[i].array;
        if (inputs[i].parent >= component->parents) {
            UNKNOWN_PARENT
        }
        FOR_BATCH
        total += total_of(component, (uint32_t)inputs[i].parent, batch);
        rows += batch->length;
    }
    double filled = (double)rows;
    context->host->fill(context, component->histogram, &filled, NULL, 1);
    struct ArrowArray batch = total_batch(component, rows, total);
    int32_t status = context->host->emit(context, 0, &batch, error);
    if (status != OK) {
        RELEASE_INPUTS_ON_ERROR
        EMIT_REFUSED
    }
    partial->total += total;
    partial->calls += 1;
    instance->used = 1;
    component->executed = 1;
    AT_END
    RELEASE_INPUTS
    return OK;
}

static int32_t finalize(void *raw, const context_t *context, void *partial_raw, error_t_ *error)
{
    it_t *component = raw;
    partial_t *partial = partial_raw;
    IN_FINALIZE
    struct ArrowArray batch = total_batch(component, 0, partial->total);
    return context->host->emit(context, 0, &batch, error);
}

static void abort_(void *raw, const context_t *context)
{
    it_t *component = raw;
    (void)component, (void)context;
    IN_ABORT
}

static const struct {
    uint64_t struct_size;
    const void *functions[15];
} table = { 16 * sizeof(void *),
    { configure, release, initialize, book, new_instance, release_instance, new_partial, release_partial,
        merge_partials, save_partial, load_partial, PARTIAL_BYTES, execute, finalize, abort_ } };
ENTRY(algorithm, KIND_ALGORITHM)
