/* A host in memory, for tests of plugins in C and C++ without the host program.
 *
 * It loads the built library, gives properties, feeds bytes or batches through the whole life of a component, and keeps
 * what came out. Include it in one file of a test; link with -ldl.
 *
 *   at_host host;
 *   at_open(&host, "build/libmy_sums.so");
 *   at_input in = {0};
 *   int64_t amounts[] = {1, 2};
 *   at_ints(&in, "amount", amounts, NULL, 2);
 *   AT_CHECK(at_run_algorithm(&host, "sums", &in, 1) == ARTEMIS_OK);
 *   AT_CHECK(at_int(&host, 0, "sum", 0) == 3);
 *   return at_close(&host);            // 0: all checks held and everything was given back
 *
 * What it does not do: odd data, threads, time limits. `artemis-host plugins check` does.
 */
#ifndef ARTEMIS_TEST_H
#define ARTEMIS_TEST_H

#include "artemis_plugin.h"

#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AT_MAX 32

/* A batch that the component emitted, with the schema that it promised. */
typedef struct {
    uint32_t output;
    struct ArrowArray array;
    const struct ArrowSchema *schema;
} at_batch;

/* What the component reported with `reject`. */
typedef struct {
    uint64_t record, offset;
    char column[64], reason[256];
} at_reject;

typedef struct {
    char name[64];
    artemis_value value;
    artemis_value items[AT_MAX];
} at_property;

typedef struct {
    void *library;
    artemis_plugin plugin;
    artemis_host table;
    artemis_context context;
    artemis_error error; /* of the last call that failed */
    at_property properties[AT_MAX];
    int property_count;
    struct ArrowSchema schemas[AT_MAX];
    int schema_count;
    at_batch emitted[AT_MAX];
    int emitted_count;
    at_reject rejects[AT_MAX];
    int reject_count;
    int32_t on_reject;         /* how rejects are answered; ARTEMIS_ACTION_NULL unless set */
    char log[4096];            /* lines of the log */
    char annotations[1024];    /* lines `key=value` */
    char counters[1024];       /* lines `name+amount` */
    int64_t moved, released;   /* arrays given to the component, and given back by it */
    int64_t kept;              /* chunks kept and not given back */
    int64_t allocated;         /* buffers of the host's pool not given back */
    int failed;                /* checks that did not hold */
} at_host;

/* A column of an input: `ints` ('l'), `floats` ('g') or `texts` ('u'). The values stay the test's. */
typedef struct {
    const char *name;
    char format[2];
    const void *values;
    const uint8_t *nulls; /* a byte a row, 1: null; NULL: none */
} at_column;

/* A batch for the component. */
typedef struct {
    at_column columns[AT_MAX];
    int count;
    int64_t rows;
} at_input;

/* The bytes of a chunk and the number of its first record. */
typedef struct {
    const char *text;
    uint64_t first_record;
} at_chunk;

#define AT_CHECK(condition) AT_CHECK_OF(host, condition)
#define AT_CHECK_OF(h, condition) at_check(&(h), (condition) ? 1 : 0, #condition, __FILE__, __LINE__)

static inline void at_check(at_host *h, int holds, const char *what, const char *file, int line) {
    if (holds) return;
    h->failed += 1;
    fprintf(stderr, "%s:%d: %s does not hold\n", file, line, what);
    if (h->error.status) fprintf(stderr, "  the last error: %s (status %d)\n", h->error.text, h->error.status);
}

static inline artemis_str at_str(const char *text) {
    artemis_str s;
    s.data = (const uint8_t *)text;
    s.len = text ? strlen(text) : 0;
    return s;
}

static inline void at_copy(char *to, size_t size, artemis_str text) {
    size_t len = text.len < size - 1 ? (size_t)text.len : size - 1;
    if (len) memcpy(to, text.data, len);
    to[len] = 0;
}

static inline void at_line(char *to, size_t size, artemis_str a, const char *between, artemis_str b) {
    size_t used = strlen(to);
    snprintf(to + used, size - used, "%.*s%s%.*s\n", (int)a.len, (const char *)a.data, between, (int)b.len,
             (const char *)b.data);
}

static inline void at_fail(artemis_error *error, int32_t status, const char *text) {
    if (!error) return;
    error->status = status;
    snprintf((char *)error->text, sizeof error->text, "%s", text);
}

static inline at_host *at_of(const artemis_context *context) { return (at_host *)context->handle; }

/* The services. */

static inline void at_svc_log(const artemis_context *c, uint32_t level, artemis_str text) {
    static const char *const names[] = {"", "error", "warn", "info", "debug", "trace"};
    at_line(at_of(c)->log, sizeof at_of(c)->log, at_str(names[level < 6 ? level : 5]), ": ", text);
}
static inline const artemis_value *at_svc_property(const artemis_context *c, artemis_str name) {
    at_host *h = at_of(c);
    for (int i = 0; i < h->property_count; i++) {
        at_property *p = &h->properties[i];
        if (strlen(p->name) == name.len && memcmp(p->name, name.data, (size_t)name.len) == 0) return &p->value;
    }
    return NULL;
}
static inline int32_t at_svc_book_histogram(const artemis_context *c, const artemis_histogram *histogram,
                                            uint64_t *id, artemis_error *error) {
    (void)c, (void)histogram, (void)error;
    *id = 0;
    return ARTEMIS_OK;
}
static inline void at_svc_fill(const artemis_context *c, uint64_t id, const double *values, const double *weights,
                               uint64_t len) {
    (void)c, (void)id, (void)values, (void)weights, (void)len;
}
static inline int32_t at_svc_book_timer(const artemis_context *c, artemis_str name, uint64_t *id,
                                        artemis_error *error) {
    (void)c, (void)name, (void)error;
    *id = 0;
    return ARTEMIS_OK;
}
static inline void at_svc_record_timer(const artemis_context *c, uint64_t id, const uint64_t *times, uint64_t len) {
    (void)c, (void)id, (void)times, (void)len;
}
static inline void at_svc_count(const artemis_context *c, artemis_str name, uint64_t amount) {
    char text[32];
    snprintf(text, sizeof text, "%llu", (unsigned long long)amount);
    at_line(at_of(c)->counters, sizeof at_of(c)->counters, name, "+", at_str(text));
}
static inline void at_svc_annotate(const artemis_context *c, artemis_str key, artemis_str value) {
    at_line(at_of(c)->annotations, sizeof at_of(c)->annotations, key, "=", value);
}
static inline int32_t at_svc_open_tool(const artemis_context *c, artemis_str name, const struct ArrowSchema *in,
                                       struct ArrowSchema *out, uint64_t *id, artemis_error *error) {
    (void)c, (void)name, (void)in, (void)out, (void)id;
    at_fail(error, ARTEMIS_INVALID, "the test host has no tools");
    return ARTEMIS_INVALID;
}
static inline int32_t at_svc_call_tool(const artemis_context *c, uint64_t id, struct ArrowArray *in,
                                       struct ArrowArray *out, artemis_error *error) {
    (void)c, (void)id, (void)out;
    if (in->release) in->release(in);
    at_fail(error, ARTEMIS_INVALID, "the test host has no tools");
    return ARTEMIS_INVALID;
}
static inline int32_t at_svc_emit(const artemis_context *c, uint32_t output, struct ArrowArray *array,
                                  artemis_error *error) {
    at_host *h = at_of(c);
    const char *why = NULL;
    const struct ArrowSchema *schema = (int)output < h->schema_count ? &h->schemas[output] : NULL;
    if (!schema) why = "the output does not exist";
    else if (!array->release) why = "the batch is released already";
    else if (array->n_children != schema->n_children) why = "the batch has another number of columns than promised";
    else if (h->emitted_count == AT_MAX) why = "the test host keeps no more batches";
    for (int64_t i = 0; !why && i < array->n_children; i++) {
        if (array->children[i]->length < array->length + array->offset) why = "a column is shorter than the batch";
    }
    if (why) {
        if (array->release) array->release(array);
        at_fail(error, ARTEMIS_INVALID, why);
        h->error = *error;
        h->failed += 1;
        return ARTEMIS_INVALID;
    }
    at_batch *batch = &h->emitted[h->emitted_count++];
    batch->output = output;
    batch->array = *array;
    batch->schema = schema;
    array->release = NULL;
    return ARTEMIS_OK;
}
static inline int32_t at_svc_reject(const artemis_context *c, const artemis_reject *reject) {
    at_host *h = at_of(c);
    if (h->reject_count < AT_MAX) {
        at_reject *to = &h->rejects[h->reject_count];
        to->record = reject->record;
        to->offset = reject->offset;
        at_copy(to->column, sizeof to->column, reject->column);
        at_copy(to->reason, sizeof to->reason, reject->reason);
    }
    h->reject_count += 1;
    return h->on_reject;
}
static inline void at_svc_progress(const artemis_context *c, uint64_t done, uint64_t total) {
    (void)c, (void)done, (void)total;
}
static inline int32_t at_svc_cancelled(const artemis_context *c) {
    (void)c;
    return 0;
}
/* The pool has no context: its balance is that of the host that was opened last. */
static inline int64_t *at_pool(void) {
    static int64_t balance;
    return &balance;
}
static inline uint8_t *at_svc_allocate(uint64_t bytes) {
    *at_pool() += 1;
    return (uint8_t *)aligned_alloc(64, (size_t)((bytes + 63) / 64 * 64 + 64));
}
static inline void at_svc_deallocate(uint8_t *start, uint64_t bytes) {
    (void)bytes;
    *at_pool() -= start ? 1 : 0;
    free(start);
}
static inline artemis_str at_svc_plugin_dir(const artemis_context *c) {
    (void)c;
    return at_str(".");
}
static inline int32_t at_svc_open_input(const artemis_context *c, artemis_str name, artemis_str *out,
                                        artemis_error *error) {
    (void)c, (void)name, (void)out;
    at_fail(error, ARTEMIS_INVALID, "the test host opens no inputs");
    return ARTEMIS_INVALID;
}
static inline void at_svc_keep_chunk(void *handle) { ((at_host *)handle)->kept += 1; }
static inline void at_svc_release_chunk(void *handle) { ((at_host *)handle)->kept -= 1; }

/* Loads a library and calls its entry; ends the process where that fails: there is nothing to test. */
static inline void at_open(at_host *h, const char *path) {
    memset(h, 0, sizeof *h);
    h->on_reject = ARTEMIS_ACTION_NULL;
    h->error.struct_size = sizeof h->error;
    h->plugin.struct_size = sizeof h->plugin;
    h->context.struct_size = sizeof h->context;
    h->context.host = &h->table;
    h->context.handle = h;
    h->context.job = at_str("test");
    h->context.node = at_str("node");
    h->context.datum_name = at_str("input");
    artemis_host *t = &h->table;
    /* Up to the last function that this test host has. */
    t->struct_size = offsetof(artemis_host, release_chunk) + sizeof t->release_chunk;
    t->abi_major = ARTEMIS_ABI_MAJOR;
    t->log = at_svc_log;
    t->property = at_svc_property;
    t->book_histogram = at_svc_book_histogram;
    t->fill = at_svc_fill;
    t->book_timer = at_svc_book_timer;
    t->record_timer = at_svc_record_timer;
    t->count = at_svc_count;
    t->annotate = at_svc_annotate;
    t->open_tool = at_svc_open_tool;
    t->call_tool = at_svc_call_tool;
    t->emit = at_svc_emit;
    t->reject = at_svc_reject;
    t->progress = at_svc_progress;
    t->cancelled = at_svc_cancelled;
    t->allocate = at_svc_allocate;
    t->deallocate = at_svc_deallocate;
    t->plugin_dir = at_svc_plugin_dir;
    t->open_input = at_svc_open_input;
    t->keep_chunk = at_svc_keep_chunk;
    t->release_chunk = at_svc_release_chunk;
    *at_pool() = 0;
    h->library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    int32_t (*entry)(const artemis_host *, artemis_plugin *, artemis_error *) = NULL;
    void *symbol = h->library ? dlsym(h->library, "artemis_plugin_v1") : NULL;
    memcpy(&entry, &symbol, sizeof entry);
    if (!entry || !dlsym(h->library, "artemis_manifest_v1")) {
        const char *why = dlerror();
        fprintf(stderr, "%s: %s\n", path, why ? why : "it lacks a symbol");
        exit(1);
    }
    if (entry(t, &h->plugin, &h->error) != ARTEMIS_OK) {
        fprintf(stderr, "%s: the entry failed: %s\n", path, h->error.text);
        exit(1);
    }
}

/* Gives a property, in place of an earlier one of that name. Defaults of the manifest are not known here. */
static inline at_property *at_set(at_host *h, const char *name, uint32_t kind) {
    at_property *p = NULL;
    for (int i = 0; i < h->property_count; i++) {
        if (strcmp(h->properties[i].name, name) == 0) p = &h->properties[i];
    }
    if (!p) p = &h->properties[h->property_count < AT_MAX - 1 ? h->property_count++ : AT_MAX - 1];
    memset(p, 0, sizeof *p);
    at_copy(p->name, sizeof p->name, at_str(name));
    p->value.kind = kind;
    return p;
}
static inline void at_set_int(at_host *h, const char *name, int64_t value) {
    at_set(h, name, ARTEMIS_VALUE_INT)->value.integer = value;
}
static inline void at_set_text(at_host *h, const char *name, const char *value) {
    at_set(h, name, ARTEMIS_VALUE_STRING)->value.text = at_str(value);
}
static inline void at_set_texts(at_host *h, const char *name, const char *const *values, int count) {
    at_property *p = at_set(h, name, ARTEMIS_VALUE_LIST);
    for (int i = 0; i < count && i < AT_MAX; i++) {
        p->items[i].kind = ARTEMIS_VALUE_STRING;
        p->items[i].text = at_str(values[i]);
    }
    p->value.items = p->items;
    p->value.count = (uint64_t)count;
}

/* Columns of an input. */
static inline void at_add(at_input *in, const char *name, const char *format, const void *values,
                          const uint8_t *nulls, int64_t rows) {
    at_column *column = &in->columns[in->count++];
    column->name = name;
    column->format[0] = format[0];
    column->values = values;
    column->nulls = nulls;
    in->rows = rows;
}
static inline void at_ints(at_input *in, const char *name, const int64_t *values, const uint8_t *nulls,
                           int64_t rows) {
    at_add(in, name, "l", values, nulls, rows);
}
static inline void at_floats(at_input *in, const char *name, const double *values, const uint8_t *nulls,
                             int64_t rows) {
    at_add(in, name, "g", values, nulls, rows);
}
/* A text that is NULL is a null. */
static inline void at_texts(at_input *in, const char *name, const char *const *values, int64_t rows) {
    at_add(in, name, "u", values, NULL, rows);
}

/* Arrow structures over copies of an input, that count when they are given back. */
static inline void at_release_schema(struct ArrowSchema *s) {
    for (int64_t i = 0; i < s->n_children; i++) {
        if (s->children[i]->release) s->children[i]->release(s->children[i]);
        free(s->children[i]);
    }
    free(s->children);
    s->release = NULL;
}
static inline void at_release_array(struct ArrowArray *a) {
    for (int64_t i = 0; i < a->n_children; i++) {
        if (a->children[i]->release) a->children[i]->release(a->children[i]);
        free(a->children[i]);
    }
    for (int64_t i = 0; i < a->n_buffers; i++) free((void *)a->buffers[i]);
    free((void *)a->buffers);
    free(a->children);
    if (a->private_data) ((at_host *)a->private_data)->released += 1;
    a->release = NULL;
}
static inline void at_export_schema(const at_input *in, struct ArrowSchema *out) {
    memset(out, 0, sizeof *out);
    out->format = "+s";
    out->name = "";
    out->n_children = in->count;
    out->children = (struct ArrowSchema **)calloc((size_t)in->count + 1, sizeof *out->children);
    out->release = at_release_schema;
    for (int i = 0; i < in->count; i++) {
        struct ArrowSchema *field = out->children[i] = (struct ArrowSchema *)calloc(1, sizeof *field);
        field->format = in->columns[i].format;
        field->name = in->columns[i].name;
        field->flags = ARROW_FLAG_NULLABLE;
        field->release = at_release_schema;
    }
}
static inline int at_is_null_in(const at_column *column, int64_t row) {
    if (column->format[0] == 'u') return ((const char *const *)column->values)[row] == NULL;
    return column->nulls && column->nulls[row];
}
static inline void at_export_column(const at_column *column, int64_t rows, struct ArrowArray *out) {
    int is_text = column->format[0] == 'u';
    size_t n = (size_t)rows;
    uint8_t *validity = (uint8_t *)calloc(n / 8 + 1, 1);
    out->length = rows;
    for (int64_t i = 0; i < rows; i++) {
        if (at_is_null_in(column, i)) out->null_count += 1;
        else validity[i / 8] = (uint8_t)(validity[i / 8] | (1 << (i % 8)));
    }
    out->n_buffers = is_text ? 3 : 2;
    out->buffers = (const void **)calloc(3, sizeof *out->buffers);
    out->buffers[0] = validity;
    out->release = at_release_array;
    if (!is_text) {
        void *values = malloc(n * 8 + 8);
        if (n) memcpy(values, column->values, n * 8);
        out->buffers[1] = values;
        return;
    }
    const char *const *texts = (const char *const *)column->values;
    int32_t *offsets = (int32_t *)calloc(n + 1, sizeof *offsets);
    for (size_t i = 0; i < n; i++) offsets[i + 1] = offsets[i] + (texts[i] ? (int32_t)strlen(texts[i]) : 0);
    char *bytes = (char *)malloc((size_t)offsets[n] + 1);
    for (size_t i = 0; i < n; i++) {
        if (texts[i]) memcpy(bytes + offsets[i], texts[i], strlen(texts[i]));
    }
    out->buffers[1] = offsets;
    out->buffers[2] = bytes;
}
static inline void at_export_array(at_host *h, const at_input *in, struct ArrowArray *out) {
    memset(out, 0, sizeof *out);
    out->length = in->rows;
    out->n_buffers = 1;
    out->buffers = (const void **)calloc(1, sizeof *out->buffers);
    out->n_children = in->count;
    out->children = (struct ArrowArray **)calloc((size_t)in->count + 1, sizeof *out->children);
    for (int i = 0; i < in->count; i++) {
        out->children[i] = (struct ArrowArray *)calloc(1, sizeof **out->children);
        at_export_column(&in->columns[i], in->rows, out->children[i]);
    }
    out->private_data = h;
    out->release = at_release_array;
    h->moved += 1;
}

/* The component of a name, or NULL. */
static inline const artemis_component *at_find(at_host *h, const char *name) {
    const uint8_t *at = (const uint8_t *)h->plugin.components;
    for (uint64_t i = 0; i < h->plugin.component_count; i++) {
        const artemis_component *c = (const artemis_component *)(const void *)at;
        if (c->name.len == strlen(name) && memcmp(c->name.data, name, strlen(name)) == 0) return c;
        at += c->struct_size;
    }
    at_fail(&h->error, ARTEMIS_INVALID, "the library has no component of this name and kind");
    return NULL;
}

/* Forgets what the last run gave. */
static inline void at_reset(at_host *h) {
    for (int i = 0; i < h->emitted_count; i++) {
        if (h->emitted[i].array.release) h->emitted[i].array.release(&h->emitted[i].array);
    }
    for (int i = 0; i < h->schema_count; i++) {
        if (h->schemas[i].release) h->schemas[i].release(&h->schemas[i]);
    }
    h->emitted_count = h->schema_count = h->reject_count = 0;
    h->log[0] = h->annotations[0] = h->counters[0] = 0;
    memset(&h->error, 0, sizeof h->error);
    h->error.struct_size = sizeof h->error;
    h->error.record = h->error.offset = -1;
}

/* Reads one input with a reader: its head, then chunks of whole records. The types are those that the chunks show.
 * Returns the status of the first call that failed. */
static inline int32_t at_read(at_host *h, const char *name, const char *head, const at_chunk *chunks, int count) {
    at_reset(h);
    const artemis_component *component = at_find(h, name);
    const artemis_reader *r = component ? component->reader : NULL;
    if (!r) return ARTEMIS_INVALID;
    artemis_context *c = &h->context;
    void *reader = NULL, *datum = NULL, *sample = NULL, *instance = NULL;
    artemis_framing framing;
    memset(&framing, 0, sizeof framing);
    framing.struct_size = sizeof framing;
    uint64_t head_bytes = strlen(head);
    artemis_chunk raw;
    memset(&raw, 0, sizeof raw);
    raw.struct_size = sizeof raw;
    raw.handle = h;
    /* Chunks are copied: 64 bytes behind them are readable. */
    uint8_t *copies[AT_MAX + 1];
    for (int i = 0; i <= count && i <= AT_MAX; i++) {
        const char *text = i == count ? head : chunks[i].text;
        copies[i] = (uint8_t *)calloc(strlen(text) + 64, 1);
        memcpy(copies[i], text, strlen(text));
    }
    c->byte_offset = c->first_record = 0;
    raw.data = copies[count];
    raw.len = head_bytes;
    int32_t status = r->configure(c, &reader, &h->error);
    if (status == ARTEMIS_OK) status = r->framing(reader, c, &framing, &h->error);
    if (status == ARTEMIS_OK) status = r->open_datum(reader, c, &raw, &datum, &h->error);
    c->byte_offset = head_bytes;
    for (int i = 0; status == ARTEMIS_OK && i < count; i++) {
        void *seen = NULL;
        raw.data = copies[i];
        raw.len = strlen(chunks[i].text);
        status = r->sample(reader, c, datum, &raw, &seen, &h->error);
        if (status == ARTEMIS_OK && sample) status = r->merge_samples(reader, sample, seen, &h->error);
        else if (status == ARTEMIS_OK) sample = seen;
    }
    if (status == ARTEMIS_OK) {
        status = r->schema(reader, c, datum, sample, 0, &h->schemas[0], &h->error);
        h->schema_count = status == ARTEMIS_OK;
    }
    if (sample) r->release_sample(sample);
    const struct ArrowSchema *schemas[1] = {&h->schemas[0]};
    if (status == ARTEMIS_OK) status = r->initialize(reader, c, datum, schemas, 1, &h->error);
    if (status == ARTEMIS_OK) status = r->new_instance(reader, c, &instance, &h->error);
    for (int i = 0; status == ARTEMIS_OK && i < count; i++) {
        raw.data = copies[i];
        raw.len = strlen(chunks[i].text);
        c->first_record = chunks[i].first_record;
        c->chunk_index = c->block_index = (uint64_t)i;
        c->flags = (i == 0 ? ARTEMIS_FLAG_FIRST : 0) | (i + 1 == count ? ARTEMIS_FLAG_LAST : 0);
        status = r->execute(reader, c, instance, datum, &raw, &h->error);
        c->byte_offset += raw.len;
    }
    if (instance) r->release_instance(instance);
    if (datum) r->close_datum(datum);
    if (reader) r->release(reader);
    for (int i = 0; i <= count && i <= AT_MAX; i++) free(copies[i]);
    return status;
}

/* Runs an algorithm with one parent: each input is a run of its own, with a partial of its own that is saved, loaded
 * and merged; then finalize. Returns the status of the first call that failed. */
static inline int32_t at_run_algorithm(at_host *h, const char *name, const at_input *inputs, int count) {
    at_reset(h);
    const artemis_component *component = at_find(h, name);
    const artemis_algorithm *a = component ? component->algorithm : NULL;
    if (!a) return ARTEMIS_INVALID;
    artemis_context *c = &h->context;
    void *algorithm = NULL, *instance = NULL, *total = NULL;
    struct ArrowSchema schema;
    at_export_schema(&inputs[0], &schema);
    const struct ArrowSchema *schemas[1] = {&schema};
    int32_t status = a->configure(c, &algorithm, &h->error);
    if (status == ARTEMIS_OK) {
        status = a->initialize(algorithm, c, schemas, 1, &h->schemas[0], 1, &h->error);
        h->schema_count = status == ARTEMIS_OK;
    }
    schema.release(&schema);
    if (status == ARTEMIS_OK && a->book) status = a->book(algorithm, c, &h->error);
    if (status == ARTEMIS_OK) status = a->new_instance(algorithm, c, &instance, &h->error);
    if (status == ARTEMIS_OK && a->new_partial) status = a->new_partial(algorithm, &total, &h->error);
    for (int i = 0; status == ARTEMIS_OK && i < count; i++) {
        void *partial = NULL, *loaded = NULL;
        if (a->new_partial) status = a->new_partial(algorithm, &partial, &h->error);
        if (status != ARTEMIS_OK) break;
        struct ArrowArray array;
        at_export_array(h, &inputs[i], &array);
        artemis_input input;
        input.parent = 0;
        input.array = &array;
        status = a->execute(algorithm, c, instance, partial, &input, 1, &h->error);
        if (!partial) continue;
        artemis_str saved = at_str("");
        if (status == ARTEMIS_OK) status = a->save_partial(algorithm, partial, &saved, &h->error);
        if (status == ARTEMIS_OK) status = a->load_partial(algorithm, saved, &loaded, &h->error);
        a->release_partial(partial);
        if (status == ARTEMIS_OK) status = a->merge_partials(algorithm, total, loaded, &h->error);
    }
    if (status == ARTEMIS_OK && a->finalize) status = a->finalize(algorithm, c, total, &h->error);
    if (total) a->release_partial(total);
    if (instance) a->release_instance(instance);
    if (algorithm) a->release(algorithm);
    return status;
}

/* Runs a tool over one batch; the result is batch 0. Returns the status of the first call that failed. */
static inline int32_t at_run_tool(at_host *h, const char *name, const at_input *in) {
    at_reset(h);
    const artemis_component *component = at_find(h, name);
    const artemis_tool *t = component ? component->tool : NULL;
    if (!t) return ARTEMIS_INVALID;
    artemis_context *c = &h->context;
    void *tool = NULL, *place = NULL;
    struct ArrowSchema schema;
    struct ArrowArray array, result;
    memset(&result, 0, sizeof result);
    at_export_schema(in, &schema);
    int32_t status = t->configure(c, &tool, &h->error);
    if (status == ARTEMIS_OK) {
        status = t->initialize(tool, c, &schema, &h->schemas[0], &place, &h->error);
        h->schema_count = status == ARTEMIS_OK;
    }
    schema.release(&schema);
    if (status == ARTEMIS_OK) {
        at_export_array(h, in, &array);
        status = t->execute(tool, c, place, &array, &result, &h->error);
    }
    if (status == ARTEMIS_OK) status = at_svc_emit(c, 0, &result, &h->error);
    if (place) t->release_place(place);
    if (tool) t->release(tool);
    return status;
}

/* Looking at what was emitted: by batch, column and row. */

static inline const struct ArrowArray *at_find_column(at_host *h, int batch, const char *column, char *format) {
    if (batch < h->emitted_count) {
        const at_batch *b = &h->emitted[batch];
        for (int64_t i = 0; i < b->schema->n_children; i++) {
            if (strcmp(b->schema->children[i]->name, column)) continue;
            *format = b->schema->children[i]->format[0];
            return b->array.children[i];
        }
    }
    fprintf(stderr, "there is no column `%s` in batch %d\n", column, batch);
    h->failed += 1;
    return NULL;
}
static inline int64_t at_rows(at_host *h, int batch) {
    return batch < h->emitted_count ? h->emitted[batch].array.length : -1;
}
static inline int64_t at_row(at_host *h, int batch, const struct ArrowArray *column, int64_t row) {
    return h->emitted[batch].array.offset + column->offset + row;
}
static inline int at_is_null(at_host *h, int batch, const char *column, int64_t row) {
    char format;
    const struct ArrowArray *a = at_find_column(h, batch, column, &format);
    if (!a || !a->buffers[0]) return 0;
    int64_t i = at_row(h, batch, a, row);
    return !((((const uint8_t *)a->buffers[0])[i / 8] >> (i % 8)) & 1);
}
static inline int64_t at_int(at_host *h, int batch, const char *column, int64_t row) {
    char format;
    const struct ArrowArray *a = at_find_column(h, batch, column, &format);
    return a ? ((const int64_t *)a->buffers[1])[at_row(h, batch, a, row)] : 0;
}
static inline double at_float(at_host *h, int batch, const char *column, int64_t row) {
    char format;
    const struct ArrowArray *a = at_find_column(h, batch, column, &format);
    return a ? ((const double *)a->buffers[1])[at_row(h, batch, a, row)] : 0;
}
static inline int at_text_is(at_host *h, int batch, const char *column, int64_t row, const char *text) {
    char format = 0;
    const struct ArrowArray *a = at_find_column(h, batch, column, &format);
    if (!a || format != 'u') return 0;
    const int32_t *offsets = (const int32_t *)a->buffers[1] + at_row(h, batch, a, row);
    size_t len = (size_t)(offsets[1] - offsets[0]);
    return len == strlen(text) && memcmp((const char *)a->buffers[2] + offsets[0], text, len) == 0;
}
/* The format of a column of the first output, as the Arrow C Data Interface writes it. */
static inline const char *at_format(at_host *h, const char *column) {
    for (int64_t i = 0; h->schema_count && i < h->schemas[0].n_children; i++) {
        if (strcmp(h->schemas[0].children[i]->name, column) == 0) return h->schemas[0].children[i]->format;
    }
    return "";
}

/* Ends the test: 0 if all checks held and everything that was moved was released. */
static inline int at_close(at_host *h) {
    at_reset(h);
    AT_CHECK_OF(*h, h->moved == h->released);
    AT_CHECK_OF(*h, h->kept == 0);
    AT_CHECK_OF(*h, *at_pool() == 0);
    printf("%s\n", h->failed ? "some checks do not hold" : "all checks hold");
    return h->failed != 0;
}

#endif
