/* The reader `my-plugin/readings`: lines such as `inlet = 21.5`, one record a line, become the columns `name` and
 * `value`.
 *
 * The host cuts the input into chunks of whole lines and calls the reader on all cores. A `reader` does not change after
 * `configure`; a `datum`, what is known of one input, not after `initialize`. So no call needs a lock. */
#include "artemis_plugin.h"
#include "columns.h"

#include <stdlib.h>
#include <string.h>

/* What the host reads from the file without loading it. */
ARTEMIS_MANIFEST(
    "manifest = 1\n"
    "id = \"my-plugin\"\n"
    "version = \"0.1.0\"\n"
    "vendor = \"Your name\"\n"
    "licence = \"MIT OR Apache-2.0\"\n"
    "description = \"The reader `readings` for artemis-host\"\n"
    "compiler = \"cc " __VERSION__ "\"\n"
    "[[component]]\n"
    "kind = \"reader\"\n"
    "name = \"readings\"\n"
    "doc = \"Reads lines of a name, a separator and a value.\"\n"
    "outputs = [\"rows\"]\n"
    "[[component.property]]\n"
    "name = \"separator\"\n"
    "type = \"string\"\n"
    "default = \"=\"\n"
    "doc = \"the character between name and value\"\n"
    "[[component.property]]\n"
    "name = \"comment\"\n"
    "type = \"string\"\n"
    "default = \"#\"\n"
    "doc = \"the character that starts a comment line; empty: none\"\n");

/* Numbers are short; longer texts are none. */
enum { NUMBER_BYTES_MAX = 64 };

typedef struct {
    int separator;
    int comment; /* -1: none */
} reader;

typedef struct {
    char format; /* of `value`: 'g' or 'u'; 0 before initialize */
} datum;

typedef struct {
    int has_text; /* some value is not a number */
} sample;

typedef struct {
    const char *data;
    size_t len;
} text;

/* A property of one character; `absent` where it is not given, -1 where it is empty, -2 where it is something else. */
static int character(const artemis_context *context, const char *name, int absent) {
    const artemis_value *value = context->host->property(context, artemis_text(name));
    if (!value) return absent;
    if (value->kind != ARTEMIS_VALUE_STRING || value->text.len > 1) return -2;
    return value->text.len ? value->text.data[0] : -1;
}

static int32_t configure(const artemis_context *context, void **out, artemis_error *error) {
    int separator = character(context, "separator", '='), comment = character(context, "comment", '#');
    if (separator < 0 || separator > 127 || separator == '\n' || separator == '\r' || separator == comment) {
        return artemis_fail(error, ARTEMIS_INVALID, "property `separator` is one ASCII character that neither ends a line nor "
                                            "starts a comment");
    }
    if (comment == -2 || comment > 127) {
        return artemis_fail(error, ARTEMIS_INVALID, "property `comment` is one ASCII character, or empty");
    }
    reader *self = (reader *)malloc(sizeof *self);
    if (!self) return artemis_fail(error, ARTEMIS_ERROR, "there is no memory");
    self->separator = separator;
    self->comment = comment;
    *out = self;
    return ARTEMIS_OK;
}

/* Lines: the host cuts at their ends and leaves out blank lines and comments when it counts records. */
static int32_t framing(void *self, const artemis_context *context, artemis_framing *out, artemis_error *error) {
    (void)context, (void)error;
    out->kind = ARTEMIS_FRAMING_DELIMITED;
    out->unit_bytes = 1;
    out->delimiter = ((reader *)self)->separator;
    out->quote = out->escape = -1;
    out->comment = ((reader *)self)->comment;
    out->terminator = -1; /* LF or CRLF */
    out->header_records = out->footer_records = 0;
    return ARTEMIS_OK;
}

static int32_t open_datum(void *self, const artemis_context *context, const artemis_chunk *head, void **out,
                          artemis_error *error) {
    (void)self, (void)context, (void)head;
    *out = calloc(1, sizeof(datum));
    return *out ? ARTEMIS_OK : artemis_fail(error, ARTEMIS_ERROR, "there is no memory");
}

static text trim(text t) {
    while (t.len && (t.data[0] == ' ' || t.data[0] == '\t')) t.data++, t.len--;
    while (t.len && (t.data[t.len - 1] == ' ' || t.data[t.len - 1] == '\t')) t.len--;
    return t;
}

/* The next record of a chunk, from `*at`: a line that is not blank and no comment. 0: there is none. */
static int next_record(const reader *self, const artemis_chunk *chunk, size_t *at, text *line) {
    while (*at < chunk->len) {
        const char *start = (const char *)chunk->data + *at;
        size_t left = (size_t)chunk->len - *at;
        const char *end = (const char *)memchr(start, '\n', left);
        line->data = start;
        line->len = end ? (size_t)(end - start) : left;
        *at += line->len + (end != NULL);
        if (line->len && line->data[line->len - 1] == '\r') line->len--;
        if (line->len && line->data[0] != self->comment) return 1;
    }
    return 0;
}

/* Parts a line; NULL: it has two parts; else why not. */
static const char *split(const reader *self, text line, text *name, text *value) {
    const char *separator = (const char *)memchr(line.data, self->separator, line.len);
    if (!separator) return "the line has no separator";
    if (!columns_is_utf8(line.data, line.len)) return "the line is not UTF-8";
    name->data = line.data;
    name->len = (size_t)(separator - line.data);
    value->data = separator + 1;
    value->len = line.len - name->len - 1;
    *name = trim(*name);
    *value = trim(*value);
    return NULL;
}

static int parse_number(text value, double *out) {
    char copy[NUMBER_BYTES_MAX + 1], *end;
    if (value.len > NUMBER_BYTES_MAX) return 0;
    memcpy(copy, value.data, value.len);
    copy[value.len] = 0;
    *out = strtod(copy, &end);
    return end != copy && *end == 0;
}

static int32_t take_sample(void *self, const artemis_context *context, const void *of, const artemis_chunk *chunk,
                           void **out, artemis_error *error) {
    (void)context, (void)of;
    sample *seen = (sample *)calloc(1, sizeof *seen);
    if (!seen) return artemis_fail(error, ARTEMIS_ERROR, "there is no memory");
    size_t at = 0;
    text line, name, value;
    double number;
    while (next_record((reader *)self, chunk, &at, &line)) {
        if (split((reader *)self, line, &name, &value)) continue;
        if (value.len && !parse_number(value, &number)) seen->has_text = 1;
    }
    *out = seen;
    return ARTEMIS_OK;
}

/* Takes the second sample, whatever the outcome. */
static int32_t merge_samples(void *self, void *into, void *from, artemis_error *error) {
    (void)self, (void)error;
    ((sample *)into)->has_text |= ((sample *)from)->has_text;
    free(from);
    return ARTEMIS_OK;
}

static int32_t schema(void *self, const artemis_context *context, const void *of, const void *seen, uint32_t output,
                      struct ArrowSchema *out, artemis_error *error) {
    (void)self, (void)context, (void)of;
    if (output != 0) return artemis_fail(error, ARTEMIS_INVALID, "there is one output");
    const char *names[] = {"name", "value"};
    const char *formats[] = {"u", seen && ((const sample *)seen)->has_text ? "u" : "g"};
    if (columns_schema(out, 2, names, formats, ARROW_FLAG_NULLABLE)) return ARTEMIS_OK;
    return artemis_fail(error, ARTEMIS_ERROR, "there is no memory");
}

/* The host has joined what all inputs showed: these are the types to read. */
static int32_t initialize(void *self, const artemis_context *context, void *of,
                          const struct ArrowSchema *const *schemas, uint32_t count, artemis_error *error) {
    (void)self, (void)context;
    if (count != 1 || schemas[0]->n_children != 2 || strcmp(schemas[0]->children[0]->format, "u")) {
        return artemis_fail(error, ARTEMIS_INVALID, "the columns are not `name` (text) and `value`");
    }
    const char *format = schemas[0]->children[1]->format;
    if (strcmp(format, "u") && strcmp(format, "g")) {
        return artemis_fail(error, ARTEMIS_UNSUPPORTED, "column `value` is neither text nor 64-bit floats");
    }
    ((datum *)of)->format = format[0];
    return ARTEMIS_OK;
}

/* There is nothing that a worker keeps from chunk to chunk. */
static int32_t new_instance(void *self, const artemis_context *context, void **out, artemis_error *error) {
    (void)self, (void)context;
    *out = malloc(1);
    return *out ? ARTEMIS_OK : artemis_fail(error, ARTEMIS_ERROR, "there is no memory");
}

/* What does not convert is never dropped in silence: the host counts it, knows its place, and decides. */
static int32_t reject(const artemis_context *context, const artemis_chunk *chunk, uint64_t index, text line,
                      const char *column_name, text raw, const char *reason) {
    artemis_reject r;
    memset(&r, 0, sizeof r);
    r.struct_size = sizeof r;
    r.record = context->first_record + index;
    r.offset = context->byte_offset + (uint64_t)((const uint8_t *)line.data - chunk->data);
    r.column = artemis_text(column_name);
    r.reason = artemis_text(reason);
    r.raw.data = (const uint8_t *)raw.data;
    r.raw.len = raw.len;
    r.raw_record.data = (const uint8_t *)line.data;
    r.raw_record.len = line.len;
    return context->host->reject(context, &r);
}

static int32_t read_chunk(const reader *self, const artemis_context *context, const datum *of,
                          const artemis_chunk *chunk, column columns[2], artemis_error *error) {
    size_t at = 0;
    text line, name, value;
    for (uint64_t index = 0; next_record(self, chunk, &at, &line); index++) {
        const char *why = split(self, line, &name, &value);
        if (why) {
            /* There is no cell to put a null into: both other actions leave the record out. */
            if (reject(context, chunk, index, line, "", line, why) == ARTEMIS_ACTION_STOP) return ARTEMIS_STOPPED;
            continue;
        }
        double number = 0;
        int is_null = value.len == 0;
        if (!is_null && of->format == 'g' && !parse_number(value, &number)) {
            int32_t action = reject(context, chunk, index, line, "value", value, "not a number");
            if (action == ARTEMIS_ACTION_STOP) return ARTEMIS_STOPPED;
            if (action == ARTEMIS_ACTION_DROP) continue;
            is_null = 1;
        }
        int ok = column_add_text(&columns[0], name.data, name.len) &&
                 (of->format == 'g' ? column_add(&columns[1], is_null ? NULL : &number)
                                    : column_add_text(&columns[1], is_null ? NULL : value.data, value.len));
        if (!ok) {
            artemis_fail(error, ARTEMIS_ERROR, "there is no memory, or more than 2 GiB of text in a chunk");
            if (error) {
                error->record = (int64_t)(context->first_record + index);
                error->offset = (int64_t)(context->byte_offset + at);
            }
            return ARTEMIS_ERROR;
        }
    }
    return ARTEMIS_OK;
}

static int32_t execute(void *self, const artemis_context *context, void *instance, const void *of,
                       const artemis_chunk *chunk, artemis_error *error) {
    (void)instance;
    const datum *input = (const datum *)of;
    if (!input->format) return artemis_fail(error, ARTEMIS_ERROR, "execute was called before initialize");
    column columns[2];
    int32_t status = column_begin(&columns[0], 'u') & column_begin(&columns[1], input->format)
                         ? read_chunk((const reader *)self, context, input, chunk, columns, error)
                         : artemis_fail(error, ARTEMIS_ERROR, "there is no memory");
    if (status == ARTEMIS_STOPPED) artemis_fail(error, status, "stopped as the host asked");
    if (status != ARTEMIS_OK || columns[0].rows == 0) {
        column_free(&columns[0]);
        column_free(&columns[1]);
        return status;
    }
    struct ArrowArray batch;
    if (!columns_export(columns, 2, &batch)) return artemis_fail(error, ARTEMIS_ERROR, "there is no memory");
    return context->host->emit(context, 0, &batch, error); /* moves the batch, on error too */
}

static const artemis_reader table = {
    .struct_size = sizeof(artemis_reader),
    .configure = configure,
    .release = free,
    .framing = framing,
    .open_datum = open_datum,
    .close_datum = free,
    .sample = take_sample,
    .merge_samples = merge_samples,
    .release_sample = free,
    .schema = schema,
    .initialize = initialize,
    .new_instance = new_instance,
    .release_instance = free,
    .execute = execute,
};

static const artemis_component components[] = {{
    .struct_size = sizeof(artemis_component),
    .kind = ARTEMIS_KIND_READER,
    .name = ARTEMIS_STR("readings"),
    .reader = &table,
}};

ARTEMIS_EXPORT int32_t artemis_plugin_v1(const artemis_host *host, artemis_plugin *out, artemis_error *error) {
    return artemis_enter(host, out, components, 1, error);
}
