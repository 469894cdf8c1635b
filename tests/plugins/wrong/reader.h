/* A reader of lines `name,number`: the length of the name and the number. */
#define KIND_WORD "reader"
#define KIND_KEYS ""
#include "plugin.h"

#ifndef IN_FRAMING
#define IN_FRAMING
#endif
#ifndef IN_OPEN
#define IN_OPEN
#endif
#ifndef IN_MERGE
#define IN_MERGE into->nullable |= from->nullable;
#endif
#ifndef SHOWS_NULLS
#define SHOWS_NULLS (!sample || sample->nullable)
#endif
/* Within execute, before the records: chunk, context, error. */
#ifndef IN_EXECUTE
#define IN_EXECUTE
#endif
/* Within execute, after the records: rows, numbers. */
#ifndef AT_END
#define AT_END
#endif
#ifndef REJECTED_OFFSET
#define REJECTED_OFFSET context->byte_offset + (uint64_t)(line - chunk->data)
#endif
#ifndef ON_STOP
#define ON_STOP return fail(error, STOPPED, "stopped");
#endif
#ifndef ON_DROP
#define ON_DROP continue;
#endif
#ifndef RELEASE_CHUNK
#define RELEASE_CHUNK host->release_chunk(rows->kept);
#endif

typedef struct { it_t *component; } datum_t;
typedef struct { int nullable; } sample_t;

static int32_t framing(void *raw, const context_t *context, framing_t *out, error_t_ *error)
{
    it_t *component = raw;
    (void)component, (void)context, (void)error;
    out->kind = FRAMING_DELIMITED;
    out->delimiter = ',';
    out->header_records = 1;
    IN_FRAMING
    return OK;
}

static int32_t open_datum(void *raw, const context_t *context, const chunk_t *head, void **out, error_t_ *error)
{
    it_t *component = raw;
    (void)context, (void)head, (void)error;
    IN_OPEN
    datum_t *datum = calloc(1, sizeof *datum);
    datum->component = component;
    component->open++;
    *out = datum;
    return OK;
}

static void close_datum(void *raw)
{
    ((datum_t *)raw)->component->open--;
    free(raw);
}

static int32_t take_sample(void *raw, const context_t *context, const void *datum, const chunk_t *chunk, void **out,
    error_t_ *error)
{
    (void)raw, (void)context, (void)datum, (void)error;
    sample_t *sample = calloc(1, sizeof *sample);
    for (uint64_t i = 0; i < chunk->len; i++)
        if (chunk->data[i] == ',' && (i + 1 == chunk->len || chunk->data[i + 1] == '\n'))
            sample->nullable = 1;
    *out = sample;
    return OK;
}

static int32_t merge_samples(void *raw, void *into_raw, void *from_raw, error_t_ *error)
{
    sample_t *into = into_raw, *from = from_raw;
    (void)raw, (void)error;
    IN_MERGE
    free(from);
    return OK;
}

static void release_sample(void *raw)
{
    free(raw);
}

static int32_t schema(void *raw, const context_t *context, const void *datum, const void *sample_raw, uint32_t output,
    struct ArrowSchema *out, error_t_ *error)
{
    const sample_t *sample = sample_raw;
    (void)raw, (void)context, (void)datum, (void)output, (void)error;
    int nullable = SHOWS_NULLS;
    struct ArrowSchema schema = schema_of("+s", "", 0, 2);
    schema.children[0] = boxed_schema(schema_of("l", "length", 0, 0));
    schema.children[1] = boxed_schema(schema_of("l", "number", nullable, 0));
    *out = schema;
    return OK;
}

static int32_t initialize(void *raw, const context_t *context, void *datum, const struct ArrowSchema *const *schemas,
    uint32_t count, error_t_ *error)
{
    (void)raw, (void)context, (void)datum, (void)schemas;
    return count == 1 ? OK : fail(error, INVALID, "it has one output");
}

static int32_t new_instance(void *raw, const context_t *context, void **out, error_t_ *error)
{
    (void)raw, (void)context, (void)error;
    *out = malloc(1);
    return OK;
}

static void release_instance(void *raw)
{
    free(raw);
}

/* The rows of a chunk, and the batch over them. */
typedef struct {
    int64_t count, nulls;
    int64_t *lengths, *numbers;
    uint8_t *mask;
    void *kept;
    const void *none[1], *first[2], *second[2];
    struct ArrowArray columns[2], *children[2];
} rows_t;

static void release_rows(struct ArrowArray *array)
{
    rows_t *rows = array->private_data;
    if (rows->kept) {
        RELEASE_CHUNK
    }
    free(rows->lengths);
    free(rows->numbers);
    free(rows->mask);
    free(rows);
    array->release = NULL;
}

/* A whole number of at most nine digits. */
static inline int parse(const uint8_t *cell, const uint8_t *end, int64_t *number)
{
    *number = 0;
    if (cell == end || end - cell > 9)
        return 0;
    for (; cell < end; cell++) {
        if (*cell < '0' || *cell > '9')
            return 0;
        *number = *number * 10 + (*cell - '0');
    }
    return 1;
}

static int32_t execute(void *raw, const context_t *context, void *instance, const void *datum, const chunk_t *chunk,
    error_t_ *error)
{
    (void)raw, (void)instance, (void)datum;
    const uint8_t *at = chunk->data, *end = chunk->data + chunk->len;
    uint64_t record = context->first_record, lines = 0;
    for (uint64_t i = 0; i < chunk->len; i++)
        lines += chunk->data[i] == '\n';
    (void)lines;
    IN_EXECUTE
    rows_t *rows = calloc(1, sizeof *rows);
    rows->lengths = calloc(chunk->len + 2, sizeof(int64_t));
    rows->numbers = calloc(chunk->len + 2, sizeof(int64_t));
    rows->mask = calloc(chunk->len / 8 + 2, 1);
    struct ArrowArray batch = { .release = release_rows, .private_data = rows };
    while (at < end) {
        const uint8_t *line = at;
        const uint8_t *stop = memchr(at, '\n', (size_t)(end - at));
        stop = stop ? stop : end;
        at = stop + 1;
        if (line == stop)
            continue;
        const uint8_t *comma = memchr(line, ',', (size_t)(stop - line));
        const uint8_t *cell = comma ? comma + 1 : stop;
        int64_t number = 0, valid = parse(cell, stop, &number);
        if (!valid && cell < stop) {
            text_t raw_cell = { cell, (uint64_t)(stop - cell) }, raw_record = { line, (uint64_t)(stop - line) };
            reject_t reject = { sizeof reject, record, REJECTED_OFFSET, TEXT("number"),
                TEXT("it is no number"), raw_cell, raw_record };
            int32_t action = context->host->reject(context, &reject);
            record++;
            if (action == ACTION_STOP) {
                batch.release(&batch);
                ON_STOP
            }
            if (action == ACTION_DROP) {
                ON_DROP
            }
        } else
            record++;
        rows->lengths[rows->count] = (comma ? comma : stop) - line;
        rows->numbers[rows->count] = number;
        if (valid)
            rows->mask[rows->count / 8] |= (uint8_t)(1 << rows->count % 8);
        else
            rows->nulls++;
        rows->count++;
    }
    AT_END
    if (rows->count == 0) {
        batch.release(&batch);
        return OK;
    }
    if (chunk->handle) {
        host->keep_chunk(chunk->handle);
        rows->kept = chunk->handle;
    }
    rows->first[1] = rows->lengths;
    rows->second[0] = rows->nulls ? rows->mask : NULL;
    rows->second[1] = rows->numbers;
    for (int i = 0; i < 2; i++) {
        rows->columns[i] = (struct ArrowArray){ .length = rows->count, .null_count = i ? rows->nulls : 0,
            .n_buffers = 2, .buffers = i ? rows->second : rows->first, .release = release_column };
        rows->children[i] = &rows->columns[i];
    }
    batch.length = rows->count;
    batch.n_buffers = 1;
    batch.buffers = rows->none;
    batch.n_children = 2;
    batch.children = rows->children;
    return context->host->emit(context, 0, &batch, error);
}

static const struct {
    uint64_t struct_size;
    const void *functions[13];
} table = { 14 * sizeof(void *),
    { configure, release, framing, open_datum, close_datum, take_sample, merge_samples, release_sample, schema,
        initialize, new_instance, release_instance, execute } };
ENTRY(reader, KIND_READER)
