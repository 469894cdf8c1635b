/* The algorithm `my-plugin/sums`: count and sum of every column of 64-bit integers, one row a column.
 *
 * Each worker adds up the chunks that it sees in a partial; the host merges the partials and calls `finalize` once with
 * everything. Sums in 128 bits do not depend on the order, so the partial is `exact`. */
#include "artemis_plugin.h"
#include "columns.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the host reads from the file without loading it. */
ARTEMIS_MANIFEST(
    "manifest = 1\n"
    "id = \"my-plugin\"\n"
    "version = \"0.1.0\"\n"
    "vendor = \"Your name\"\n"
    "licence = \"MIT OR Apache-2.0\"\n"
    "description = \"The algorithm `sums` for artemis-host\"\n"
    "compiler = \"cc " __VERSION__ "\"\n"
    "[[component]]\n"
    "kind = \"algorithm\"\n"
    "name = \"sums\"\n"
    "doc = \"Counts and adds up columns of 64-bit integers.\"\n"
    "outputs = [\"out\"]\n"
    "accepts = [\"*\"]\n"
    "partial = \"exact\"\n"
    "[[component.property]]\n"
    "name = \"columns\"\n"
    "type = \"list\"\n"
    "doc = \"names of the columns; without it, all columns of 64-bit integers\"\n");

__extension__ typedef __int128 int128;

typedef struct {
    uint64_t count;
    int128 sum;
} sum;

/* Made by configure; index and names are set by initialize. */
typedef struct {
    const artemis_value *only; /* the host's, valid as long as the component; NULL: all */
    int64_t count;
    int64_t *indices;
    char **names;
} algorithm;

typedef struct {
    int64_t count;
    uint8_t *saved; /* lives until the next call with this partial */
    sum sums[];
} partial;

enum { SAVED_BYTES = sizeof(uint64_t) + sizeof(int128) };

static int32_t fail(artemis_error *error, int32_t status, const char *message, const char *column_name) {
    artemis_fail(error, status, message);
    if (error) snprintf((char *)error->column, sizeof error->column, "%s", column_name);
    return status;
}

static int32_t no_memory(artemis_error *error) {
    return fail(error, ARTEMIS_ERROR, "there is no memory", "");
}

static int32_t configure(const artemis_context *context, void **out, artemis_error *error) {
    algorithm *self = (algorithm *)calloc(1, sizeof *self);
    if (!self) return no_memory(error);
    self->only = context->host->property(context, artemis_text("columns"));
    for (uint64_t i = 0; self->only && i < self->only->count; i++) {
        if (self->only->items[i].kind == ARTEMIS_VALUE_STRING) continue;
        free(self);
        return fail(error, ARTEMIS_INVALID, "property `columns` is a list of names", "");
    }
    *out = self;
    return ARTEMIS_OK;
}

static void forget_columns(algorithm *self) {
    for (int64_t i = 0; i < self->count; i++) free(self->names[i]);
    free(self->names);
    free(self->indices);
    self->names = NULL;
    self->indices = NULL;
    self->count = 0;
}

static void release(void *component) {
    forget_columns((algorithm *)component);
    free(component);
}

static int add_column(algorithm *self, int64_t index, const char *name) {
    self->indices[self->count] = index;
    self->names[self->count] = columns_copy(name, strlen(name));
    return self->names[self->count++] != NULL;
}

static int is_named(artemis_str name, const struct ArrowSchema *field) {
    return strlen(field->name) == name.len && memcmp(field->name, name.data, (size_t)name.len) == 0;
}

static int32_t choose_columns(algorithm *self, const struct ArrowSchema *input, artemis_error *error) {
    size_t most = (size_t)input->n_children + (self->only ? (size_t)self->only->count : 0) + 1;
    self->indices = (int64_t *)calloc(most, sizeof *self->indices);
    self->names = (char **)calloc(most, sizeof *self->names);
    if (!self->indices || !self->names) return no_memory(error);
    for (int64_t i = 0; !self->only && i < input->n_children; i++) {
        const struct ArrowSchema *field = input->children[i];
        int is_integer = !field->dictionary && strcmp(field->format, "l") == 0;
        if (is_integer && !add_column(self, i, field->name)) return no_memory(error);
    }
    for (uint64_t n = 0; self->only && n < self->only->count; n++) {
        int64_t i = 0;
        while (i < input->n_children && !is_named(self->only->items[n].text, input->children[i])) i++;
        if (i == input->n_children) return fail(error, ARTEMIS_INVALID, "there is no column of this name", "");
        const struct ArrowSchema *field = input->children[i];
        if (field->dictionary || strcmp(field->format, "l")) {
            return fail(error, ARTEMIS_INVALID, "the column does not hold 64-bit integers", field->name);
        }
        if (!add_column(self, i, field->name)) return no_memory(error);
    }
    return ARTEMIS_OK;
}

static int32_t initialize(void *component, const artemis_context *context, const struct ArrowSchema *const *inputs,
                          uint32_t input_count, struct ArrowSchema *outputs, uint32_t output_count,
                          artemis_error *error) {
    algorithm *self = (algorithm *)component;
    (void)context;
    if (input_count != 1 || output_count != 1) return fail(error, ARTEMIS_INVALID, "takes one parent", "");
    forget_columns(self);
    int32_t status = choose_columns(self, inputs[0], error);
    if (status != ARTEMIS_OK) return status;
    const char *names[] = {"column", "count", "sum"}, *formats[] = {"u", "L", "l"};
    return columns_schema(&outputs[0], 3, names, formats, 0) ? ARTEMIS_OK : no_memory(error);
}

/* There is nothing that a worker keeps from chunk to chunk. */
static int32_t new_instance(void *self, const artemis_context *context, void **out, artemis_error *error) {
    (void)self, (void)context;
    *out = malloc(1);
    return *out ? ARTEMIS_OK : no_memory(error);
}

static int32_t new_partial(void *component, void **out, artemis_error *error) {
    int64_t count = ((algorithm *)component)->count;
    partial *made = (partial *)calloc(1, sizeof *made + (size_t)count * sizeof(sum));
    if (!made) return no_memory(error);
    made->count = count;
    *out = made;
    return ARTEMIS_OK;
}

static void release_partial(void *of) {
    free(((partial *)of)->saved);
    free(of);
}

/* Takes the second partial, whatever the outcome. */
static int32_t merge_partials(void *component, void *into, void *from, artemis_error *error) {
    (void)component, (void)error;
    for (int64_t i = 0; i < ((partial *)into)->count; i++) {
        ((partial *)into)->sums[i].count += ((partial *)from)->sums[i].count;
        ((partial *)into)->sums[i].sum += ((partial *)from)->sums[i].sum;
    }
    release_partial(from);
    return ARTEMIS_OK;
}

static int32_t save_partial(void *component, void *of, artemis_str *out, artemis_error *error) {
    (void)component;
    partial *p = (partial *)of;
    free(p->saved);
    p->saved = (uint8_t *)malloc((size_t)p->count * SAVED_BYTES + 1);
    if (!p->saved) return no_memory(error);
    for (int64_t i = 0; i < p->count; i++) {
        memcpy(p->saved + i * SAVED_BYTES, &p->sums[i].count, sizeof(uint64_t));
        memcpy(p->saved + i * SAVED_BYTES + sizeof(uint64_t), &p->sums[i].sum, sizeof(int128));
    }
    out->data = p->saved;
    out->len = (uint64_t)p->count * SAVED_BYTES;
    return ARTEMIS_OK;
}

static int32_t load_partial(void *component, artemis_str bytes_in, void **out, artemis_error *error) {
    if (bytes_in.len != (uint64_t)((algorithm *)component)->count * SAVED_BYTES) {
        return fail(error, ARTEMIS_BAD_DATA, "these bytes are not a saved partial of these columns", "");
    }
    int32_t status = new_partial(component, out, error);
    if (status != ARTEMIS_OK) return status;
    partial *p = (partial *)*out;
    for (int64_t i = 0; i < p->count; i++) {
        memcpy(&p->sums[i].count, bytes_in.data + i * SAVED_BYTES, sizeof(uint64_t));
        memcpy(&p->sums[i].sum, bytes_in.data + i * SAVED_BYTES + sizeof(uint64_t), sizeof(int128));
    }
    return ARTEMIS_OK;
}

static uint64_t partial_bytes(void *component, const void *of) {
    int64_t count = of ? ((const partial *)of)->count : ((algorithm *)component)->count;
    return sizeof(partial) + (uint64_t)count * sizeof(sum);
}

static void add_up(const struct ArrowArray *batch, int64_t index, sum *total) {
    const struct ArrowArray *a = batch->children[index];
    const int64_t *values = (const int64_t *)a->buffers[1] + a->offset;
    /* A batch may be a slice: its own offset counts too. */
    for (int64_t row = batch->offset; row < batch->offset + batch->length; row++) {
        if (!column_has(a, row)) continue;
        total->count += 1;
        total->sum += values[row];
    }
}

static int32_t execute(void *component, const artemis_context *context, void *instance, void *of,
                       const artemis_input *inputs, uint64_t input_count, artemis_error *error) {
    algorithm *self = (algorithm *)component;
    partial *p = (partial *)of;
    (void)instance;
    int32_t status = ARTEMIS_OK;
    for (uint64_t n = 0; n < input_count; n++) {
        struct ArrowArray *batch = inputs[n].array;
        for (int64_t i = 0; status == ARTEMIS_OK && i < self->count; i++) {
            if (self->indices[i] < batch->n_children) {
                add_up(batch, self->indices[i], &p->sums[i]);
            } else {
                status = fail(error, ARTEMIS_ERROR, "the batch lacks a column", self->names[i]);
                if (error) error->record = (int64_t)context->first_record;
            }
        }
        batch->release(batch); /* it was moved here: on every path it goes back once */
    }
    return status;
}

static int32_t finalize(void *component, const artemis_context *context, void *of, artemis_error *error) {
    algorithm *self = (algorithm *)component;
    const partial *p = (const partial *)of;
    column columns[3];
    int ok = column_begin(&columns[0], 'u') & column_begin(&columns[1], 'L') & column_begin(&columns[2], 'l');
    int32_t status = ok ? ARTEMIS_OK : no_memory(error);
    for (int64_t i = 0; status == ARTEMIS_OK && i < self->count; i++) {
        int64_t total = (int64_t)p->sums[i].sum;
        if (total != p->sums[i].sum) {
            status = fail(error, ARTEMIS_ERROR, "the sum is more than 64 bits hold", self->names[i]);
            break;
        }
        ok = column_add_text(&columns[0], self->names[i], strlen(self->names[i])) &&
             column_add(&columns[1], &p->sums[i].count) && column_add(&columns[2], &total);
        if (!ok) status = no_memory(error);
    }
    if (status != ARTEMIS_OK) {
        for (int i = 0; i < 3; i++) column_free(&columns[i]);
        return status;
    }
    struct ArrowArray batch;
    if (!columns_export(columns, 3, &batch)) return no_memory(error);
    return context->host->emit(context, 0, &batch, error); /* moves the batch, on error too */
}

static const artemis_algorithm table = {
    .struct_size = sizeof(artemis_algorithm),
    .configure = configure,
    .release = release,
    .initialize = initialize,
    .new_instance = new_instance,
    .release_instance = free,
    .new_partial = new_partial,
    .release_partial = release_partial,
    .merge_partials = merge_partials,
    .save_partial = save_partial,
    .load_partial = load_partial,
    .partial_bytes = partial_bytes,
    .execute = execute,
    .finalize = finalize,
};

static const artemis_component components[] = {{
    .struct_size = sizeof(artemis_component),
    .kind = ARTEMIS_KIND_ALGORITHM,
    .name = ARTEMIS_STR("sums"),
    .algorithm = &table,
}};

ARTEMIS_EXPORT int32_t artemis_plugin_v1(const artemis_host *host, artemis_plugin *out, artemis_error *error) {
    return artemis_enter(host, out, components, 1, error);
}
