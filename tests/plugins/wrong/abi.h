/* The parts of ABI 1.0 that these plugins use, written down once and not changed since: they stand for plugins that
 * were built long ago. */
#ifndef WRONG_ABI_H
#define WRONG_ABI_H
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { OK = 0, ERROR = 1, BAD_DATA = 2, INVALID = 3, UNSUPPORTED = 4, STOPPED = 7 };
enum { ACTION_NULL = 0, ACTION_DROP = 1, ACTION_STOP = 2 };
enum { KIND_READER = 1, KIND_ALGORITHM = 2, KIND_TOOL = 3 };
enum { VALUE_BOOL = 1, VALUE_INT = 2, VALUE_FLOAT = 3, VALUE_STRING = 4 };
enum { FLAG_SAMPLE = 4, FRAMING_DELIMITED = 1, AXIS_FIXED = 1, LOG_INFO = 3 };

struct ArrowSchema {
    const char *format, *name, *metadata;
    int64_t flags, n_children;
    struct ArrowSchema **children, *dictionary;
    void (*release)(struct ArrowSchema *);
    void *private_data;
};
struct ArrowArray {
    int64_t length, null_count, offset, n_buffers, n_children;
    const void **buffers;
    struct ArrowArray **children, *dictionary;
    void (*release)(struct ArrowArray *);
    void *private_data;
};

typedef struct { const uint8_t *data; uint64_t len; } text_t;
typedef struct {
    uint64_t struct_size; int32_t status; uint32_t reserved;
    int64_t record, offset; char column[128]; char text[1024];
} error_t_;
typedef struct value {
    uint32_t kind, reserved; int64_t integer; double number; text_t text;
    const struct value *items; const text_t *keys; uint64_t count;
} value_t;
typedef struct {
    uint64_t struct_size; text_t name, title, axis_name; uint32_t axis, bins;
    double lower, upper; const double *edges; uint64_t edge_count;
} histogram_t;
typedef struct {
    uint64_t struct_size, record, offset; text_t column, reason, raw, raw_record;
} reject_t;
typedef struct { uint64_t struct_size; const uint8_t *data; uint64_t len; void *handle; } chunk_t;
typedef struct {
    uint64_t struct_size; uint32_t kind, unit_bytes; int32_t delimiter, quote, escape, comment, terminator;
    uint32_t header_records, footer_records, prefix; uint64_t record_bytes, header_bytes, footer_bytes;
} framing_t;
struct host;
typedef struct {
    uint64_t struct_size; const struct host *host; void *handle; text_t job, node, component;
    uint64_t datum_index; text_t datum_name, datum_content_id;
    uint64_t chunk_index, block_index, byte_offset, first_record, flags;
} context_t;
typedef struct host {
    uint64_t struct_size; uint32_t abi_major, abi_minor;
    void (*log)(const context_t *, uint32_t, text_t);
    const value_t *(*property)(const context_t *, text_t);
    int32_t (*book_histogram)(const context_t *, const histogram_t *, uint64_t *, error_t_ *);
    void (*fill)(const context_t *, uint64_t, const double *, const double *, uint64_t);
    void *book_timer, *record_timer;
    void (*count)(const context_t *, text_t, uint64_t);
    void *annotate, *open_tool, *call_tool;
    int32_t (*emit)(const context_t *, uint32_t, struct ArrowArray *, error_t_ *);
    int32_t (*reject)(const context_t *, const reject_t *);
    void *progress;
    int32_t (*cancelled)(const context_t *);
    uint8_t *(*allocate)(uint64_t);
    void (*deallocate)(uint8_t *, uint64_t);
    void *plugin_dir, *open_input;
    void (*keep_chunk)(void *);
    void (*release_chunk)(void *);
} host_t;
typedef struct {
    uint64_t struct_size; uint32_t kind, reserved; text_t name; const void *reader, *algorithm, *tool;
} component_t;
typedef struct {
    uint64_t struct_size; uint32_t abi_minor, reserved; const component_t *components; uint64_t component_count;
} plugin_t;
typedef struct { uint64_t parent; struct ArrowArray *array; } input_t;

#define TEXT(literal) ((text_t){(const uint8_t *)(literal), sizeof(literal) - 1})
#define EXPORTED __attribute__((visibility("default"), used))

static const host_t *host;

/* Fills the caller's error and gives the status back. */
static inline int32_t fail(error_t_ *error, int32_t status, const char *text)
{
    error->status = status;
    snprintf(error->text, sizeof error->text, "%s", text);
    return status;
}
#endif
