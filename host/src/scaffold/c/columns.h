/* Columns that grow row by row and leave as Arrow structures that own their memory. Valid C11 and C++17.
 *
 * A batch crosses the boundary as a struct array whose children are the columns; whoever receives it calls its
 * `release`, from any thread, also long after the component is gone. So nothing here points into a component.
 */
#ifndef COLUMNS_H
#define COLUMNS_H

#include "artemis_plugin.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Bytes that grow. */
typedef struct {
    uint8_t *data;
    size_t len, capacity;
} bytes;

/* A column of 64-bit values ("l" signed, "L" unsigned, "g" floating) or of texts ("u"). */
typedef struct {
    char format;
    int64_t rows, nulls;
    bytes validity, values, offsets; /* offsets: of texts only */
} column;

/* Adds room for `len` bytes of zeros; NULL: there is no memory. */
static inline uint8_t *bytes_grow(bytes *b, size_t len) {
    if (b->capacity - b->len < len) {
        size_t wanted = b->capacity * 2 > b->len + len ? b->capacity * 2 : b->len + len + 64;
        uint8_t *moved = (uint8_t *)realloc(b->data, wanted);
        if (!moved) return NULL;
        b->data = moved;
        b->capacity = wanted;
    }
    uint8_t *at = b->data + b->len;
    memset(at, 0, len);
    b->len += len;
    return at;
}

static inline void column_free(column *c) {
    free(c->validity.data);
    free(c->values.data);
    free(c->offsets.data);
    memset(c, 0, sizeof *c);
}

/* Makes an empty column; 0: there is no memory. */
static inline int column_begin(column *c, char format) {
    memset(c, 0, sizeof *c);
    c->format = format;
    return bytes_grow(&c->validity, 8) && bytes_grow(&c->values, 8) && bytes_grow(&c->offsets, 4);
}

/* Marks the next row as a value or a null. */
static inline int column_mark(column *c, int is_value) {
    if ((size_t)c->rows / 8 >= c->validity.len && !bytes_grow(&c->validity, 64)) return 0;
    if (is_value) c->validity.data[c->rows / 8] |= (uint8_t)(1 << (c->rows % 8));
    else c->nulls += 1;
    c->rows += 1;
    return 1;
}

/* Appends 8 bytes: an int64_t, uint64_t or double; NULL: a null. 0: there is no memory. */
static inline int column_add(column *c, const void *value) {
    /* The first 8 bytes are there already. */
    if (c->rows > 0 && !bytes_grow(&c->values, 8)) return 0;
    if (value) memcpy(c->values.data + c->values.len - 8, value, 8);
    return column_mark(c, value != NULL);
}

/* Appends a text; NULL: a null. 0: there is no memory, or more than 2 GiB of text. */
static inline int column_add_text(column *c, const char *text, size_t len) {
    size_t used = c->rows ? c->values.len : 0;
    if (len > (size_t)INT32_MAX - used) return 0;
    if (!c->rows) c->values.len = 0;
    uint8_t *at = text && len ? bytes_grow(&c->values, len) : NULL;
    uint8_t *offset = bytes_grow(&c->offsets, 4);
    if (!offset || (text && len && !at)) return 0;
    if (at) memcpy(at, text, len);
    int32_t end = (int32_t)c->values.len;
    memcpy(offset, &end, 4);
    return column_mark(c, text != NULL);
}

static inline void columns_release_array(struct ArrowArray *a) {
    for (int64_t i = 0; i < a->n_children; i++) {
        if (a->children[i] && a->children[i]->release) a->children[i]->release(a->children[i]);
        free(a->children[i]);
    }
    for (int64_t i = 0; i < a->n_buffers; i++) free((void *)a->buffers[i]);
    free(a->children);
    free((void *)a->buffers);
    a->release = NULL;
}

/* An empty array with room for buffers and children; 0: there is no memory. */
static inline int columns_new_array(struct ArrowArray *a, int64_t rows, int64_t buffers, int64_t children) {
    memset(a, 0, sizeof *a);
    a->length = rows;
    a->buffers = (const void **)calloc((size_t)buffers + 1, sizeof *a->buffers);
    a->children = (struct ArrowArray **)calloc((size_t)children + 1, sizeof *a->children);
    a->release = columns_release_array;
    if (!a->buffers || !a->children) {
        columns_release_array(a);
        return 0;
    }
    a->n_buffers = buffers;
    for (; a->n_children < children; a->n_children++) {
        a->children[a->n_children] = (struct ArrowArray *)calloc(1, sizeof **a->children);
        if (!a->children[a->n_children]) {
            columns_release_array(a);
            return 0;
        }
    }
    return 1;
}

/* Moves the columns into a batch; they are empty afterwards, also on failure. 0: there is no memory. */
static inline int columns_export(column *columns, int count, struct ArrowArray *out) {
    int ok = columns_new_array(out, count ? columns[0].rows : 0, 1, count);
    for (int i = 0; i < count; i++) {
        column *c = &columns[i];
        int is_text = c->format == 'u';
        if (ok && columns_new_array(out->children[i], c->rows, is_text ? 3 : 2, 0)) {
            struct ArrowArray *a = out->children[i];
            a->null_count = c->nulls;
            a->buffers[0] = c->validity.data;
            a->buffers[1] = is_text ? c->offsets.data : c->values.data;
            if (is_text) a->buffers[2] = c->values.data;
            else free(c->offsets.data);
            memset(c, 0, sizeof *c);
        } else if (ok) {
            columns_release_array(out);
            ok = 0;
        }
        column_free(c);
    }
    return ok;
}

static inline void columns_release_schema(struct ArrowSchema *s) {
    for (int64_t i = 0; i < s->n_children; i++) {
        if (s->children[i] && s->children[i]->release) s->children[i]->release(s->children[i]);
        free(s->children[i]);
    }
    if (s->dictionary && s->dictionary->release) s->dictionary->release(s->dictionary);
    free(s->dictionary);
    free(s->children);
    free((void *)s->format);
    free((void *)s->name);
    free((void *)s->metadata);
    s->release = NULL;
}

static inline char *columns_copy(const char *text, size_t len) {
    char *copy = (char *)malloc(len + 1);
    if (!copy) return NULL;
    memcpy(copy, text, len);
    copy[len] = 0;
    return copy;
}

/* A schema without children; 0: there is no memory. */
static inline int columns_new_schema(struct ArrowSchema *s, const char *format, const char *name, int64_t flags,
                                     int64_t children) {
    memset(s, 0, sizeof *s);
    s->format = columns_copy(format, strlen(format));
    s->name = columns_copy(name ? name : "", name ? strlen(name) : 0);
    s->flags = flags;
    s->children = (struct ArrowSchema **)calloc((size_t)children + 1, sizeof *s->children);
    s->release = columns_release_schema;
    int ok = s->format && s->name && s->children;
    for (int64_t i = 0; ok && i < children; i++) {
        s->children[i] = (struct ArrowSchema *)calloc(1, sizeof **s->children);
        if (s->children[i]) s->n_children += 1;
        ok = s->children[i] != NULL;
    }
    if (!ok) columns_release_schema(s);
    return ok;
}

/* The schema of a batch from names and formats; 0: there is no memory. */
static inline int columns_schema(struct ArrowSchema *out, int count, const char *const *names,
                                 const char *const *formats, int64_t flags) {
    if (!columns_new_schema(out, "+s", "", 0, count)) return 0;
    for (int i = 0; i < count; i++) {
        if (!columns_new_schema(out->children[i], formats[i], names[i], flags, 0)) {
            columns_release_schema(out);
            return 0;
        }
    }
    return 1;
}

/* The bytes of a schema's metadata: a count, then as many keys and values, each with its length in front. */
static inline size_t columns_metadata_bytes(const char *metadata) {
    int32_t pairs, len;
    size_t at = 4;
    memcpy(&pairs, metadata, 4);
    for (int64_t i = 0; i < 2 * (int64_t)pairs; i++) {
        memcpy(&len, metadata + at, 4);
        at += 4 + (size_t)len;
    }
    return at;
}

/* A deep copy of a borrowed schema; 0: there is no memory. */
static inline int columns_copy_schema(const struct ArrowSchema *from, struct ArrowSchema *out) {
    if (!columns_new_schema(out, from->format, from->name, from->flags, from->n_children)) return 0;
    int ok = 1;
    if (from->metadata) {
        out->metadata = columns_copy(from->metadata, columns_metadata_bytes(from->metadata));
        ok = out->metadata != NULL;
    }
    if (ok && from->dictionary) {
        out->dictionary = (struct ArrowSchema *)calloc(1, sizeof *out->dictionary);
        ok = out->dictionary && columns_copy_schema(from->dictionary, out->dictionary);
    }
    for (int64_t i = 0; ok && i < from->n_children; i++) {
        ok = columns_copy_schema(from->children[i], out->children[i]);
    }
    if (!ok) columns_release_schema(out);
    return ok;
}

/* Whether a text is UTF-8, as Arrow demands of a column of texts. */
static inline int columns_is_utf8(const char *text, size_t len) {
    const uint8_t *s = (const uint8_t *)text;
    for (size_t i = 0, more; i < len; i += more + 1) {
        uint32_t c = s[i];
        if (c < 0x80) more = 0;
        else if (c >= 0xC2 && c <= 0xDF) more = 1;
        else if (c >= 0xE0 && c <= 0xEF) more = 2;
        else if (c >= 0xF0 && c <= 0xF4) more = 3;
        else return 0;
        if (len - i <= more) return 0;
        for (size_t k = 1; k <= more; k++) {
            if ((s[i + k] & 0xC0) != 0x80) return 0;
        }
        /* No longer form of a shorter one, no surrogates, nothing beyond the last character. */
        if ((c == 0xE0 && s[i + 1] < 0xA0) || (c == 0xED && s[i + 1] > 0x9F) || (c == 0xF0 && s[i + 1] < 0x90) ||
            (c == 0xF4 && s[i + 1] > 0x8F)) {
            return 0;
        }
    }
    return 1;
}

/* Whether a row of an array is a value; `row` counts from the array's offset. */
static inline int column_has(const struct ArrowArray *a, int64_t row) {
    const uint8_t *validity = (const uint8_t *)a->buffers[0];
    int64_t i = a->offset + row;
    return !validity || ((validity[i / 8] >> (i % 8)) & 1);
}

#endif
