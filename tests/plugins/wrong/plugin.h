/* What all of these plugins share: manifest, entry, properties, and batches of one column of one row. A wrong plugin
 * defines some of the macros below before it includes the kind that it is. */
#ifndef WRONG_PLUGIN_H
#define WRONG_PLUGIN_H
#include "abi.h"

#ifndef ABI_MAJOR_SAID
#define ABI_MAJOR_SAID 1
#endif
#ifndef VENDOR
#define VENDOR "The tests"
#endif
#ifndef MORE_KEYS
#define MORE_KEYS ""
#endif
#ifndef ACCEPTS
#define ACCEPTS "\"*\""
#endif
#ifndef MORE_COMPONENTS
#define MORE_COMPONENTS
#endif
#ifndef IN_ENTRY
#define IN_ENTRY
#endif
/* Within configure: limit, mode, label, key are values or null; component is the one that is made. */
#ifndef IN_CONFIGURE
#define IN_CONFIGURE
#endif
#ifndef IN_RELEASE
#define IN_RELEASE
#endif
/* Within the release of a batch: array. */
#ifndef MARK_BATCH
#define MARK_BATCH array->release = NULL;
#endif
#ifndef MARK_SCHEMA
#define MARK_SCHEMA schema->release = NULL;
#endif
#ifndef GIVE_BUFFER_BACK
#define GIVE_BUFFER_BACK host->deallocate((uint8_t *)owned->values, sizeof(int64_t));
#endif
#ifndef WHILE_EMITTING
#define WHILE_EMITTING
#endif

#define MANIFEST_TEXT \
    "manifest = 1\nid = \"wrong\"\nversion = \"1.0.0\"\nvendor = \"" VENDOR "\"\nlicence = \"Apache-2.0\"\n" \
    "description = \"A plugin of the tests.\"\n" MORE_KEYS \
    "[[component]]\nkind = \"" KIND_WORD "\"\nname = \"it\"\ndoc = \"Sums integers.\"\noutputs = [\"out\"]\n" \
    KIND_KEYS \
    "[[component.property]]\nname = \"limit\"\ntype = \"int\"\ndefault = 5\nmin = 1\nmax = 10\ndoc = \"A number.\"\n" \
    "[[component.property]]\nname = \"mode\"\ntype = \"string\"\ndefault = \"fast\"\nchoices = [\"fast\", \"slow\"]\n" \
    "doc = \"A choice.\"\n" \
    "[[component.property]]\nname = \"label\"\ntype = \"string\"\ndefault = \"\"\ndoc = \"Any text.\"\n" \
    "[[component.property]]\nname = \"key\"\ntype = \"string\"\nsecret = true\ndoc = \"A secret.\"\n"

EXPORTED const struct {
    char magic[8]; uint32_t major, minor; uint64_t length; char text[sizeof(MANIFEST_TEXT) - 1];
} artemis_manifest_v1 = { "ARTEMIS\x01", ABI_MAJOR_SAID, 0, sizeof(MANIFEST_TEXT) - 1, MANIFEST_TEXT };

/* The component: all that any of these plugins remembers. */
typedef struct {
    int64_t limit;
    uint64_t histogram;
    uint32_t parents;
    /* Which columns of which parent are integers. */
    uint8_t integers[2][256];
    int initialized, booked, executed, sampled, framings, open, places;
    /* Buffers of a component that does not let them outlive it. */
    int64_t *lent[4096];
    int lent_count;
} it_t;

static inline int is_text(const value_t *value, const char *text)
{
    return value->kind == VALUE_STRING && value->text.len == strlen(text)
        && memcmp(value->text.data, text, value->text.len) == 0;
}

static int32_t configure(const context_t *context, void **out, error_t_ *error)
{
    const value_t *limit = context->host->property(context, TEXT("limit"));
    const value_t *mode = context->host->property(context, TEXT("mode"));
    const value_t *label = context->host->property(context, TEXT("label"));
    const value_t *key = context->host->property(context, TEXT("key"));
    if (limit && (limit->kind != VALUE_INT || limit->integer < 1 || limit->integer > 10)) {
#ifdef ON_BAD_LIMIT
        ON_BAD_LIMIT
#endif
        return fail(error, INVALID, "`limit` is a number from 1 to 10");
    }
    if (mode && !is_text(mode, "fast") && !is_text(mode, "slow"))
        return fail(error, INVALID, "`mode` is fast or slow");
    it_t *component = calloc(1, sizeof *component);
    component->limit = limit ? limit->integer : 5;
    IN_CONFIGURE
    (void)label, (void)key;
    *out = component;
    return OK;
}

static void release(void *raw)
{
    it_t *component = raw;
    (void)component;
    IN_RELEASE
    free(raw);
}

static void release_schema(struct ArrowSchema *schema)
{
    for (int64_t i = 0; i < schema->n_children; i++) {
        if (schema->children[i]->release)
            schema->children[i]->release(schema->children[i]);
        free(schema->children[i]);
    }
    free(schema->children);
    MARK_SCHEMA
}

/* A column, or a struct of `n` columns. */
static inline struct ArrowSchema schema_of(const char *format, const char *name, int nullable, int64_t n)
{
    return (struct ArrowSchema){ .format = format, .name = name, .flags = nullable ? 2 : 0, .n_children = n,
        .children = n ? calloc(n, sizeof(struct ArrowSchema *)) : NULL, .release = release_schema };
}

static inline struct ArrowSchema *boxed_schema(struct ArrowSchema schema)
{
    struct ArrowSchema *box = malloc(sizeof *box);
    *box = schema;
    return box;
}

/* The schema of all outputs of algorithm and tool: one integer. */
static inline struct ArrowSchema total_schema(void)
{
    struct ArrowSchema schema = schema_of("+s", "", 0, 1);
    schema.children[0] = boxed_schema(schema_of("l", "total", 1, 0));
    return schema;
}

typedef struct {
    const void *none[1];
    const void *buffers[2];
    struct ArrowArray column, *children[1];
    const int64_t *values;
} owned_t;

static void release_column(struct ArrowArray *array)
{
    array->release = NULL;
}

static void release_total(struct ArrowArray *array)
{
    owned_t *owned = array->private_data;
    if (owned->column.release)
        owned->column.release(&owned->column);
    GIVE_BUFFER_BACK
    free(owned);
    MARK_BATCH
}

/* A batch of one row. */
static inline struct ArrowArray total_batch(it_t *component, int64_t rows, int64_t total)
{
    owned_t *owned = calloc(1, sizeof *owned);
    int64_t *value = (int64_t *)host->allocate(sizeof(int64_t));
    (void)component, (void)rows;
    *value = total;
    owned->values = value;
    int64_t length = 1;
    WHILE_EMITTING
    owned->buffers[1] = owned->values;
    owned->column = (struct ArrowArray){ .length = 1, .n_buffers = 2, .buffers = owned->buffers,
        .release = release_column };
    owned->children[0] = &owned->column;
    return (struct ArrowArray){ .length = length, .n_buffers = 1, .n_children = 1, .buffers = owned->none,
        .children = owned->children, .release = release_total, .private_data = owned };
}

/* Notes which columns of a parent are integers. */
static inline void see_schema(it_t *component, uint32_t parent, const struct ArrowSchema *schema)
{
    memset(component->integers[parent], 0, sizeof component->integers[parent]);
    for (int64_t i = 0; i < schema->n_children && i < 256; i++)
        component->integers[parent][i] = strcmp(schema->children[i]->format, "l") == 0;
}

#ifndef OFFSET_OF
#define OFFSET_OF(column) (column)->offset
#endif
#ifndef IS_VALID
#define IS_VALID(mask, i) (!(mask) || ((mask)[(i) / 8] >> ((i) % 8) & 1))
#endif
#ifndef AT_NULL
#define AT_NULL(values, i)
#endif

/* Rows and all integers of a batch. */
static inline int64_t total_of(const it_t *component, uint32_t parent, const struct ArrowArray *batch)
{
    int64_t total = batch->length;
    for (int64_t c = 0; c < batch->n_children && c < 256; c++) {
        const struct ArrowArray *column = batch->children[c];
        if (!component->integers[parent][c])
            continue;
        const uint8_t *mask = column->buffers[0];
        int64_t *values = (int64_t *)column->buffers[1];
        for (int64_t row = 0; row < batch->length; row++) {
            int64_t i = OFFSET_OF(column) + batch->offset + row;
            if (IS_VALID(mask, i))
                total += values[i];
            else {
                AT_NULL(values, i)
            }
        }
    }
    return total;
}

#define ENTRY(TABLE_FIELD, KIND) \
    static const component_t components[] = { \
        { sizeof(component_t), KIND, 0, { (const uint8_t *)"it", 2 }, .TABLE_FIELD = &table } MORE_COMPONENTS \
    }; \
    EXPORTED int32_t artemis_plugin_v1(const host_t *table_of_host, plugin_t *out, error_t_ *error) \
    { \
        (void)error; \
        IN_ENTRY \
        if (!host) host = table_of_host; \
        out->struct_size = sizeof *out; \
        out->abi_minor = 0; \
        out->components = components; \
        out->component_count = sizeof components / sizeof *components; \
        return OK; \
    }
#endif
