/* The tool `my-plugin/letters`: ASCII letters of text in upper or lower case.
 *
 * Algorithms call a tool by its configured name, on any thread. A `place` is one use of it: what it knows of the columns
 * there is made once. */
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
    "description = \"The tool `letters` for artemis-host\"\n"
    "compiler = \"cc " __VERSION__ "\"\n"
    "[[component]]\n"
    "kind = \"tool\"\n"
    "name = \"letters\"\n"
    "doc = \"Turns ASCII letters of text into upper or lower case.\"\n"
    "accepts = [\"*\"]\n"
    "[[component.property]]\n"
    "name = \"style\"\n"
    "type = \"string\"\n"
    "default = \"upper\"\n"
    "choices = [\"upper\", \"lower\"]\n"
    "doc = \"which case\"\n");

typedef struct {
    int is_lower;
} tool;

/* One byte a column: 1 where it is text. */
typedef struct {
    int64_t count;
    uint8_t is_text[];
} place;

static int32_t configure(const artemis_context *context, void **out, artemis_error *error) {
    const artemis_value *style = context->host->property(context, artemis_text("style"));
    tool *self = (tool *)malloc(sizeof *self);
    if (!self) return artemis_fail(error, ARTEMIS_ERROR, "there is no memory");
    /* The host has checked the choices. */
    self->is_lower = style && style->text.len == 5 && memcmp(style->text.data, "lower", 5) == 0;
    *out = self;
    return ARTEMIS_OK;
}

static int32_t initialize(void *self, const artemis_context *context, const struct ArrowSchema *input,
                          struct ArrowSchema *output, void **out, artemis_error *error) {
    (void)self, (void)context;
    place *at = (place *)calloc(1, sizeof *at + (size_t)input->n_children);
    if (!at || !columns_copy_schema(input, output)) {
        free(at);
        return artemis_fail(error, ARTEMIS_ERROR, "there is no memory");
    }
    at->count = input->n_children;
    for (int64_t i = 0; i < at->count; i++) {
        at->is_text[i] = !input->children[i]->dictionary && strcmp(input->children[i]->format, "u") == 0;
    }
    *out = at;
    return ARTEMIS_OK;
}

/* A column that shares everything but its text with the one that it was made from, which it keeps. */
typedef struct {
    struct ArrowArray original;
    const void *buffers[3];
    char *text;
} turned;

static void release_turned(struct ArrowArray *a) {
    turned *kept = (turned *)a->private_data;
    if (kept->original.release) kept->original.release(&kept->original);
    free(kept->text);
    free(kept);
    a->release = NULL;
}

static char turn(const tool *self, char c) {
    if (self->is_lower) return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
    return c >= 'a' && c <= 'z' ? (char)(c - 32) : c;
}

/* Moves a column of text out of its batch, with its letters turned; 0: there is no memory. */
static int turn_column(const tool *self, struct ArrowArray *from, struct ArrowArray *out) {
    const int32_t *offsets = (const int32_t *)from->buffers[1];
    int64_t end = from->offset + from->length;
    size_t len = end && offsets ? (size_t)offsets[end] : 0;
    turned *kept = (turned *)calloc(1, sizeof *kept);
    char *text = (char *)malloc(len + 1);
    if (!kept || !text) {
        free(kept);
        free(text);
        return 0;
    }
    for (size_t i = 0; i < len; i++) text[i] = turn(self, ((const char *)from->buffers[2])[i]);
    kept->original = *from;
    from->release = NULL; /* moved */
    kept->text = text;
    kept->buffers[0] = kept->original.buffers[0];
    kept->buffers[1] = offsets;
    kept->buffers[2] = text;
    *out = kept->original;
    out->buffers = kept->buffers;
    out->private_data = kept;
    out->release = release_turned;
    return 1;
}

static int32_t execute(void *self, const artemis_context *context, const void *of, struct ArrowArray *input,
                       struct ArrowArray *output, artemis_error *error) {
    const place *at = (const place *)of;
    int32_t status = ARTEMIS_OK;
    if (input->n_children != at->count) {
        status = artemis_fail(error, ARTEMIS_INVALID, "the batch has other columns than this place was made for");
        if (error) error->record = (int64_t)context->first_record;
    } else if (!columns_new_array(output, input->length, 1, at->count)) {
        status = artemis_fail(error, ARTEMIS_ERROR, "there is no memory");
    }
    for (int64_t i = 0; status == ARTEMIS_OK && i < at->count; i++) {
        struct ArrowArray *from = input->children[i];
        if (!at->is_text[i]) {
            *output->children[i] = *from; /* children may be moved out of their parent */
            from->release = NULL;
        } else if (!turn_column((const tool *)self, from, output->children[i])) {
            columns_release_array(output);
            status = artemis_fail(error, ARTEMIS_ERROR, "there is no memory");
        }
    }
    if (status == ARTEMIS_OK) output->offset = input->offset;
    input->release(input); /* it was moved here: on every path it goes back once */
    return status;
}

static const artemis_tool table = {
    .struct_size = sizeof(artemis_tool),
    .configure = configure,
    .release = free,
    .initialize = initialize,
    .release_place = free,
    .execute = execute,
};

static const artemis_component components[] = {{
    .struct_size = sizeof(artemis_component),
    .kind = ARTEMIS_KIND_TOOL,
    .name = ARTEMIS_STR("letters"),
    .tool = &table,
}};

ARTEMIS_EXPORT int32_t artemis_plugin_v1(const artemis_host *host, artemis_plugin *out, artemis_error *error) {
    return artemis_enter(host, out, components, 1, error);
}
