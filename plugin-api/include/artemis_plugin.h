// artemis_plugin.h - all that a plugin of artemis-host needs. C11 or C++17.
//
// Generated from the Rust tables of the project; do not edit. Licence: Apache-2.0.
//
// A plugin is a shared library with two symbols: the data `artemis_manifest_v1`, made by ARTEMIS_MANIFEST, which the host
// reads without loading the file, and the function `artemis_plugin_v1`, which hands out its components. A whole plugin, an
// algorithm that counts rows and emits nothing:
//
//     #include "artemis_plugin.h"
//
//     ARTEMIS_MANIFEST("manifest = 1\n" "id = 'acme'\n" "version = '1.0.0'\n"
//                      "[[component]]\n" "kind = 'algorithm'\n" "name = 'rows'\n");
//
//     static int state; // There is none: any pointer will do.
//     static int32_t configure(const artemis_context *context, void **component, artemis_error *error) {
//         (void)context, (void)error, *component = &state;
//         return ARTEMIS_OK;
//     }
//     static int32_t initialize(void *component, const artemis_context *context,
//                               const struct ArrowSchema *const *inputs, uint32_t input_count,
//                               struct ArrowSchema *outputs, uint32_t output_count, artemis_error *error) {
//         (void)component, (void)context, (void)inputs, (void)input_count, (void)outputs, (void)output_count, (void)error;
//         return ARTEMIS_OK;
//     }
//     static int32_t new_instance(void *component, const artemis_context *context, void **instance, artemis_error *error) {
//         (void)component, (void)context, (void)error, *instance = &state;
//         return ARTEMIS_OK;
//     }
//     static void release(void *opaque) { (void)opaque; }
//     static int32_t execute(void *component, const artemis_context *context, void *instance, void *partial,
//                            const artemis_input *inputs, uint64_t input_count, artemis_error *error) {
//         (void)component, (void)instance, (void)partial, (void)error;
//         for (uint64_t i = 0; i < input_count; i++) {
//             context->host->count(context, artemis_text("rows"), (uint64_t)inputs[i].array->length);
//             inputs[i].array->release(inputs[i].array); // It was moved here.
//         }
//         return ARTEMIS_OK;
//     }
//     static const artemis_algorithm rows = {.struct_size = sizeof rows, .configure = configure, .release = release,
//         .initialize = initialize, .new_instance = new_instance, .release_instance = release, .execute = execute};
//     static const artemis_component components[] = {{.struct_size = sizeof(artemis_component),
//         .kind = ARTEMIS_KIND_ALGORITHM, .name = ARTEMIS_STR("rows"), .algorithm = &rows}};
//     ARTEMIS_EXPORT int32_t artemis_plugin_v1(const artemis_host *host, artemis_plugin *plugin, artemis_error *error) {
//         return artemis_enter(host, plugin, components, 1, error);
//     }
//
//     cc -std=c11 -O2 -fPIC -shared -o libacme.so acme.c
#ifndef ARTEMIS_PLUGIN_H
#define ARTEMIS_PLUGIN_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

// Rules that hold for every table and call:
//
// - Integers have a fixed width; there are no bools and no C enums. A text is an `artemis_str`: UTF-8, not
//   terminated by NUL, borrowed for the call unless its comment says more.
// - Every table starts with `struct_size` in bytes. A field may be read only if it lies inside that size. A minor
//   revision appends fields; a major revision is a new entry symbol.
// - A function that can fail returns a status (`ARTEMIS_OK` or another) and fills the caller's `artemis_error`, which
//   may be null. What it should have handed out is then not there, and nobody releases it.
// - An opaque pointer (component, datum, sample, instance, partial, place) goes back exactly once, to the `release_...` or
//   `close_...` of its kind, after an error too. The host never looks into it.
// - Arrow structures follow the C Data Interface. One passed by a mutable pointer is *moved*: the receiver releases it, on
//   error too, from any thread, at any time later. One passed by a constant pointer is borrowed for the call. The bytes
//   of batches are shared and never written to. Nothing else owned crosses the boundary.
// - No panic, exception or `longjmp` leaves a function.
// - Each function's comment ends with its legal thread and state in brackets: `main` is one thread at a time, `worker` any
//   thread, and calls on one instance, partial or place never overlap. States are those of the job, in order: configure,
//   sample, initialize, book, execute, finalize, or abort from any of them.

#ifdef __cplusplus
extern "C" {
#endif

// The Arrow C Data Interface, as its specification has it. Batches are struct arrays (format "+s").
#ifndef ARROW_C_DATA_INTERFACE
#define ARROW_C_DATA_INTERFACE
#define ARROW_FLAG_DICTIONARY_ORDERED 1
#define ARROW_FLAG_NULLABLE 2
#define ARROW_FLAG_MAP_KEYS_SORTED 4
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
#endif

#define ARTEMIS_ABI_MAJOR 1u        // Major revision of the ABI. Another one means another entry symbol.
#define ARTEMIS_ABI_MINOR 0u        // Minor revision of the ABI: a higher one has appended fields.
#define ARTEMIS_MANIFEST_TEXT_MAX_BYTES (1 << 20) // Largest manifest text in bytes.
#define ARTEMIS_CHUNK_PADDING_BYTES 64ull // Readable bytes after the end of a chunk's data.
#define ARTEMIS_OK 0                // The call succeeded.
#define ARTEMIS_ERROR 1             // The component failed; the error says why.
#define ARTEMIS_BAD_DATA 2          // The data are not what they should be; record, offset, column say where.
#define ARTEMIS_INVALID 3           // An argument or a property is not acceptable.
#define ARTEMIS_UNSUPPORTED 4       // The component does not do this.
#define ARTEMIS_PANIC 5             // A panic or an exception was caught at the boundary.
#define ARTEMIS_POISONED 6          // The instance failed before and takes no more calls.
#define ARTEMIS_STOPPED 7           // The host asked for the stop (an action, or `cancelled`); no failure.
#define ARTEMIS_ACTION_NULL 0       // Action on a rejected cell: write a null and go on.
#define ARTEMIS_ACTION_DROP 1       // Action on a rejected cell or record: leave the record out.
#define ARTEMIS_ACTION_STOP 2       // Action on a reject: return `ARTEMIS_STOPPED` soon.
#define ARTEMIS_LOG_ERROR 1u        // Log level: something failed.
#define ARTEMIS_LOG_WARN 2u         // Log level: something to look at.
#define ARTEMIS_LOG_INFO 3u         // Log level: a step of the work.
#define ARTEMIS_LOG_DEBUG 4u        // Log level: for the author.
#define ARTEMIS_LOG_TRACE 5u        // Log level: everything.
#define ARTEMIS_FLAG_FIRST 1ull     // Context flag: the first chunk of its datum.
#define ARTEMIS_FLAG_LAST 2ull      // Context flag: the last chunk of its datum.
#define ARTEMIS_FLAG_SAMPLE 4ull    // Context flag: a sampling pass; nothing that is booked now counts.
#define ARTEMIS_FLAG_FINALIZE 8ull  // Context flag: the batches come from a parent's finalize.
#define ARTEMIS_KIND_READER 1u      // Component kind: reader.
#define ARTEMIS_KIND_ALGORITHM 2u   // Component kind: algorithm.
#define ARTEMIS_KIND_TOOL 3u        // Component kind: tool.
#define ARTEMIS_VALUE_NONE 0u       // Kind of a property's value: absent.
#define ARTEMIS_VALUE_BOOL 1u       // Kind of a property's value: `integer` is 0 or 1.
#define ARTEMIS_VALUE_INT 2u        // Kind of a property's value: `integer`.
#define ARTEMIS_VALUE_FLOAT 3u      // Kind of a property's value: `number`.
#define ARTEMIS_VALUE_STRING 4u     // Kind of a property's value: `text`.
#define ARTEMIS_VALUE_LIST 5u       // Kind of a property's value: `items[0..count]`.
#define ARTEMIS_VALUE_TABLE 6u      // Kind of a property's value: `keys` with `items`, sorted by key.
#define ARTEMIS_FRAMING_DELIMITED 1u // Framing: delimited text; the host cuts at record ends.
#define ARTEMIS_FRAMING_FIXED 2u    // Framing: records of one length in bytes.
#define ARTEMIS_FRAMING_PREFIXED 3u // Framing: records with a length in front (RDW, or BDW and RDW).
#define ARTEMIS_FRAMING_SCANNED 4u  // Framing: a serial callback of the reader finds the next boundary.
#define ARTEMIS_FRAMING_SELF 5u     // Framing: the reader lists its own blocks.
#define ARTEMIS_FRAMING_EXTERNAL 6u // Framing: the reader opens a URI itself.
#define ARTEMIS_AXIS_FIXED 1u       // Axis of a histogram: bins of equal width between `lower` and `upper`.
#define ARTEMIS_AXIS_VARIABLE 2u    // Axis of a histogram: `edges[0..edge_count]`, ascending.
#define ARTEMIS_AXIS_LOG 3u         // Axis of a histogram: bins of equal ratio, `lower` > 0.
#define ARTEMIS_AXIS_SAMPLE 4u      // Axis of a histogram: `bins` bins, their limits from the sample.

typedef struct artemis_str artemis_str;
typedef struct artemis_error artemis_error;
typedef struct artemis_value artemis_value;
typedef struct artemis_histogram artemis_histogram;
typedef struct artemis_reject artemis_reject;
typedef struct artemis_chunk artemis_chunk;
typedef struct artemis_framing artemis_framing;
typedef struct artemis_context artemis_context;
typedef struct artemis_host artemis_host;
typedef struct artemis_plugin artemis_plugin;
typedef struct artemis_component artemis_component;
typedef struct artemis_reader artemis_reader;
typedef struct artemis_input artemis_input;
typedef struct artemis_algorithm artemis_algorithm;
typedef struct artemis_tool artemis_tool;

// A borrowed text or bytes.
struct artemis_str {
    const uint8_t *data;           // First byte; may be null when `len` is 0.
    uint64_t len;                  // Length in bytes.
};

// The caller's place for an error. The callee fills it before it returns anything but `ARTEMIS_OK`.
struct artemis_error {
    uint64_t struct_size;          // Size of this struct in bytes.
    int32_t status;                // One of the statuses.
    uint32_t reserved;             // Zero.
    int64_t record;                // Record number within the datum, from 0; -1: unknown.
    int64_t offset;                // Byte offset within the datum; -1: unknown.
    uint8_t column[128];           // Name of the column, ended by NUL; empty: unknown.
    uint8_t text[1024];            // What happened, UTF-8, ended by NUL.
};

// The value of a property.
struct artemis_value {
    uint32_t kind;                 // One of the value kinds.
    uint32_t reserved;             // Zero.
    int64_t integer;               // Bool, int; durations in nanoseconds and sizes in bytes are ints.
    double number;                 // Float.
    artemis_str text;              // String; paths are absolute.
    const artemis_value *items;    // Items of a list, values of a table.
    const artemis_str *keys;       // Keys of a table.
    uint64_t count;                // Number of items.
};

// A histogram to book.
struct artemis_histogram {
    uint64_t struct_size;          // Size of this struct in bytes.
    artemis_str name;              // Name within the algorithm.
    artemis_str title;             // Title for people.
    artemis_str axis_name;         // Name of the axis, with its unit.
    uint32_t axis;                 // One of the axis kinds.
    uint32_t bins;                 // Number of bins (fixed, logarithmic, sample).
    double lower;                  // Lower edge of the first bin.
    double upper;                  // Upper edge of the last bin.
    const double *edges;           // Edges of a variable axis.
    uint64_t edge_count;           // Number of edges.
};

// A cell or record that cannot be converted.
struct artemis_reject {
    uint64_t struct_size;          // Size of this struct in bytes.
    uint64_t record;               // Record number within the datum, from 0.
    uint64_t offset;               // Byte offset of the cell or record within the datum.
    artemis_str column;            // Column of a cell; empty: the whole record.
    artemis_str reason;            // Why, without the text of the cell.
    artemis_str raw;               // Bytes of the cell, or of the record.
    artemis_str raw_record;        // Bytes of the whole record, for quarantine.
};

// The bytes of a block.
struct artemis_chunk {
    uint64_t struct_size;          // Size of this struct in bytes.
    const uint8_t *data;           // Whole records; `CHUNK_PADDING_BYTES` bytes behind `len` are readable.
    uint64_t len;                  // Length in bytes.
    void *handle;                  // Names the memory for `keep_chunk` and `release_chunk`; null: it cannot be kept.
};

// How a reader's inputs are cut into records.
struct artemis_framing {
    uint64_t struct_size;          // Size of this struct in bytes.
    uint32_t kind;                 // One of the framings.
    uint32_t unit_bytes;           // Delimited: bytes of one code unit (1, 2 or 4).
    int32_t delimiter;             // Delimited: the delimiter; -1: none.
    int32_t quote;                 // Delimited: the quote; -1: none.
    int32_t escape;                // Delimited: the escape; -1: none.
    int32_t comment;               // Delimited: the comment mark; -1: none.
    int32_t terminator;            // Delimited: the terminator; -1: LF or CRLF.
    uint32_t header_records;       // Delimited: header records.
    uint32_t footer_records;       // Delimited: footer records.
    uint32_t prefix;               // Prefixed: 1 for RDW, 2 for BDW and RDW.
    uint64_t record_bytes;         // Fixed: record length in bytes.
    uint64_t header_bytes;         // Fixed: bytes before the first record.
    uint64_t footer_bytes;         // Fixed: bytes after the last record.
};

// What a call is about. Valid for the call only.
struct artemis_context {
    uint64_t struct_size;          // Size of this struct in bytes.
    const artemis_host *host;      // The host's services.
    void *handle;                  // The host's own.
    artemis_str job;               // Name of the job.
    artemis_str node;              // Node of the menu.
    artemis_str component;         // Configured name of the component.
    uint64_t datum_index;          // Index of the datum among the inputs.
    artemis_str datum_name;        // Name of the datum.
    artemis_str datum_content_id;  // Content id of the datum, when it is known already.
    uint64_t chunk_index;          // Index of the chunk within its run.
    uint64_t block_index;          // Index of the block within its datum.
    uint64_t byte_offset;          // Offset of the block within its datum, in bytes.
    uint64_t first_record;         // Number of the block's first record within its datum, from 0.
    uint64_t flags;                // The context flags.
};

// The host's services. Valid as long as the process lives.
struct artemis_host {
    uint64_t struct_size;          // Size of this table in bytes.
    uint32_t abi_major;            // Major revision of the host's ABI.
    uint32_t abi_minor;            // Minor revision of the host's ABI.
    // Writes to the job's log under the component's name. [worker, every state]
    void (*log)(const artemis_context *context, uint32_t level, artemis_str text);
    // The value of a property, null when it is absent; valid as long as the component. [worker, every state]
    const artemis_value *(*property)(const artemis_context *context, artemis_str name);
    // Books a histogram; the id is for `fill`. [main, initialize or book]
    int32_t (*book_histogram)(const artemis_context *context, const artemis_histogram *histogram, uint64_t *id,
        artemis_error *error);
    // Fills `len` values; weights may be null. NaN counts apart. [worker, execute or finalize]
    void (*fill)(const artemis_context *context, uint64_t id, const double *values, const double *weights, uint64_t len);
    // Books a timer; the id is for `record_timer`. [main, initialize or book]
    int32_t (*book_timer)(const artemis_context *context, artemis_str name, uint64_t *id, artemis_error *error);
    // Records `len` times in nanoseconds. [worker, execute or finalize]
    void (*record_timer)(const artemis_context *context, uint64_t id, const uint64_t *elapsed_ns, uint64_t len);
    // Adds to a counter by name. [worker, execute or finalize]
    void (*count)(const artemis_context *context, artemis_str name, uint64_t amount);
    // Puts key and value into the job's record. [worker, every state]
    void (*annotate)(const artemis_context *context, artemis_str key, artemis_str value);
    // Opens a configured tool for batches of the borrowed input schema; fills the output schema (moved to the caller)
    // and the id for `call_tool`. [main, initialize]
    int32_t (*open_tool)(const artemis_context *context, artemis_str name, const struct ArrowSchema *input,
        struct ArrowSchema *output, uint64_t *id, artemis_error *error);
    // Runs an opened tool: moves the input in, fills the output (moved to the caller). [worker, execute or finalize]
    int32_t (*call_tool)(const artemis_context *context, uint64_t id, struct ArrowArray *input,
        struct ArrowArray *output, artemis_error *error);
    // Emits a batch (a struct array) of an output by its index in the manifest; moves it. [worker, execute or finalize]
    int32_t (*emit)(const artemis_context *context, uint32_t output, struct ArrowArray *array, artemis_error *error);
    // Reports a cell or record that cannot be converted; returns one of the actions. [worker, execute]
    int32_t (*reject)(const artemis_context *context, const artemis_reject *reject);
    // Tells how far a long call has come: done and total, in units of the component. [worker, every state]
    void (*progress)(const artemis_context *context, uint64_t done, uint64_t total);
    // 1 when the job stops and the call should return `ARTEMIS_STOPPED`. [worker, every state]
    int32_t (*cancelled)(const artemis_context *context);
    // A buffer of at least `bytes` bytes, aligned to 64, from the job's pool; null when there is none. [any]
    uint8_t *(*allocate)(uint64_t bytes);
    // Returns a buffer of `allocate` with the same number of bytes. [any]
    void (*deallocate)(uint8_t *data, uint64_t bytes);
    // Directory of the plugin's file; valid as long as the component. [worker, every state]
    artemis_str (*plugin_dir)(const artemis_context *context);
    // The bytes of the file that a `path` property names; valid as long as the component. [main, configure or initialize]
    int32_t (*open_input)(const artemis_context *context, artemis_str property, artemis_str *bytes,
        artemis_error *error);
    // Keeps the memory of a chunk beyond the call. [worker, execute]
    void (*keep_chunk)(void *handle);
    // Gives back what `keep_chunk` kept; once for each keep. [any]
    void (*release_chunk)(void *handle);
};

// What the entry function fills: the components of the library. All of it lives as long as the process.
struct artemis_plugin {
    uint64_t struct_size;          // In: the size that the host knows. Out: the size that the plugin filled.
    uint32_t abi_minor;            // Minor revision of the ABI that the plugin was built for.
    uint32_t reserved;             // Zero.
    const artemis_component *components; // The components, in the order of the manifest.
    uint64_t component_count;      // Number of components.
};

// One component: exactly one of the three tables is set, by its kind.
struct artemis_component {
    uint64_t struct_size;          // Size of this struct in bytes.
    uint32_t kind;                 // One of the component kinds.
    uint32_t reserved;             // Zero.
    artemis_str name;              // Name, as in the manifest.
    const artemis_reader *reader;  // Table of a reader, or null.
    const artemis_algorithm *algorithm; // Table of an algorithm, or null.
    const artemis_tool *tool;      // Table of a tool, or null.
};

// A reader: bytes of whole records in, batches out.
struct artemis_reader {
    uint64_t struct_size;          // Size of this table in bytes.
    // Makes the component from its properties; it is immutable from then on. [main, configure]
    int32_t (*configure)(const artemis_context *context, void **component, artemis_error *error);
    // Gives the component back, after everything that was made from it. [main, after finalize or abort]
    void (*release)(void *component);
    // How inputs are cut. `struct_size` is set by the host. [main, after configure]
    int32_t (*framing)(void *component, const artemis_context *context, artemis_framing *framing, artemis_error *error);
    // Opens an input; the chunk holds its header records or bytes. [worker, sample]
    int32_t (*open_datum)(void *component, const artemis_context *context, const artemis_chunk *head, void **datum,
        artemis_error *error);
    // Gives an opened input back. [worker, after its last chunk]
    void (*close_datum)(void *datum);
    // Looks at one chunk and makes a sample of it. [worker, sample]
    int32_t (*sample)(void *component, const artemis_context *context, const void *datum, const artemis_chunk *chunk,
        void **sample, artemis_error *error);
    // Merges the second sample into the first; both are of one datum. Takes the second. [worker, sample]
    int32_t (*merge_samples)(void *component, void *into, void *from, artemis_error *error);
    // Gives a sample back. [worker, sample]
    void (*release_sample)(void *sample);
    // The schema of an output of a datum as its sample shows it; the sample may be null. [worker, sample]
    int32_t (*schema)(void *component, const artemis_context *context, const void *datum, const void *sample,
        uint32_t output, struct ArrowSchema *schema, artemis_error *error);
    // Fixes the schemas of a datum's outputs (borrowed): its columns with the types of the job. [worker, initialize]
    int32_t (*initialize)(void *component, const artemis_context *context, void *datum,
        const struct ArrowSchema * const *schemas, uint32_t schema_count, artemis_error *error);
    // Makes the scratch space of one worker. [worker, initialize]
    int32_t (*new_instance)(void *component, const artemis_context *context, void **instance, artemis_error *error);
    // Gives an instance back. [worker, finalize or abort]
    void (*release_instance)(void *instance);
    // Reads a chunk and emits its batches: component, context, instance, datum, chunk. [worker, sample or execute]
    int32_t (*execute)(void *component, const artemis_context *context, void *instance, const void *datum,
        const artemis_chunk *chunk, artemis_error *error);
};

// A batch given to an algorithm.
struct artemis_input {
    uint64_t parent;               // Index of the parent, in the order of the node's parents.
    struct ArrowArray *array;      // The batch, a struct array; moved.
};

// An algorithm: batches in, batches out.
struct artemis_algorithm {
    uint64_t struct_size;          // Size of this table in bytes.
    // Makes the component of one place in the menu from its properties. [main, configure]
    int32_t (*configure)(const artemis_context *context, void **component, artemis_error *error);
    // Gives the component back. [main, after finalize or abort]
    void (*release)(void *component);
    // Takes the borrowed schemas of the parents, fills the schemas of the outputs (moved to the host).
    // [main, initialize]
    int32_t (*initialize)(void *component, const artemis_context *context, const struct ArrowSchema * const *inputs,
        uint32_t input_count, struct ArrowSchema *outputs, uint32_t output_count, artemis_error *error);
    // Books histograms and timers; null: none. [main, book]
    int32_t (*book)(void *component, const artemis_context *context, artemis_error *error);
    // Makes the scratch space of one worker. [worker, initialize]
    int32_t (*new_instance)(void *component, const artemis_context *context, void **instance, artemis_error *error);
    // Gives an instance back. [worker, finalize or abort]
    void (*release_instance)(void *instance);
    // Makes an empty partial; null: the algorithm accumulates nothing, and so are the next six. [worker, execute]
    int32_t (*new_partial)(void *component, void **partial, artemis_error *error);
    // Gives a partial back. [worker, execute]
    void (*release_partial)(void *partial);
    // Merges the second partial into the first, which is of earlier chunks. Takes the second. [worker, execute]
    int32_t (*merge_partials)(void *component, void *into, void *from, artemis_error *error);
    // Writes a partial to bytes that live until the next call with the same partial. [worker, execute]
    int32_t (*save_partial)(void *component, void *partial, artemis_str *bytes, artemis_error *error);
    // Makes a partial from saved bytes. [worker, execute]
    int32_t (*load_partial)(void *component, artemis_str bytes, void **partial, artemis_error *error);
    // Current size of a partial in bytes; of a null partial, the size to expect. [worker, execute]
    uint64_t (*partial_bytes)(void *component, const void *partial);
    // Works on the batches of all parents of one chunk: component, context, instance, partial (or null), batches.
    // [worker, sample or execute]
    int32_t (*execute)(void *component, const artemis_context *context, void *instance, void *partial,
        const artemis_input *inputs, uint64_t input_count, artemis_error *error);
    // Ends the work with the merged partial (borrowed, or null); may emit. Null: nothing to do. [main, finalize]
    int32_t (*finalize)(void *component, const artemis_context *context, void *partial, artemis_error *error);
    // The job stops; null: nothing to do. [main, abort]
    void (*abort)(void *component, const artemis_context *context);
};

// A tool: one batch in, one batch out.
struct artemis_tool {
    uint64_t struct_size;          // Size of this table in bytes.
    // Makes the component from its properties. [main, configure]
    int32_t (*configure)(const artemis_context *context, void **component, artemis_error *error);
    // Gives the component back, after all its places. [main, after finalize or abort]
    void (*release)(void *component);
    // Makes a place of use: borrowed input schema, output schema (moved to the host), handle. [main, initialize]
    int32_t (*initialize)(void *component, const artemis_context *context, const struct ArrowSchema *input,
        struct ArrowSchema *output, void **place, artemis_error *error);
    // Gives a place back. [main, finalize or abort]
    void (*release_place)(void *place);
    // Component, context, place, input (moved), output (moved to the host). [worker, execute]
    int32_t (*execute)(void *component, const artemis_context *context, const void *place, struct ArrowArray *input,
        struct ArrowArray *output, artemis_error *error);
};

// Type of the entry symbol `artemis_plugin_v1`.
typedef int32_t (*artemis_entry)(const artemis_host *host, artemis_plugin *plugin, artemis_error *error);

#if defined(__GNUC__)
#define ARTEMIS_VISIBLE_ __attribute__((visibility("default")))
#define ARTEMIS_USED_ __attribute__((used))
#else
#define ARTEMIS_VISIBLE_
#define ARTEMIS_USED_
#endif
#ifdef __cplusplus
#define ARTEMIS_C_ extern "C"
#else
#define ARTEMIS_C_ extern
#endif
// Before the definition of `artemis_plugin_v1`: it is visible whatever the compiler's flags hide.
#define ARTEMIS_EXPORT ARTEMIS_C_ ARTEMIS_VISIBLE_ ARTEMIS_USED_
ARTEMIS_EXPORT int32_t artemis_plugin_v1(const artemis_host *host, artemis_plugin *plugin, artemis_error *error);

// Once per library, outside of functions: puts the manifest, a TOML text in UTF-8, into the file. Its keys: `manifest = 1`,
// id, version; and where wanted vendor, licence, description, compiler, arrow, deterministic. Per [[component]]
// kind, name; doc, outputs, accepts (Arrow types, or "*"), ordered, partial ("none", "exact", or a bound in words). Per
// [[component.property]] name, type (bool int float string list table path duration bytes); default, required, choices, min,
// max, secret, doc, aliases, deprecated.
#define ARTEMIS_MANIFEST(text_)                                                                                \
    typedef struct {                                                                                           \
        uint8_t magic[8];                                                                                      \
        uint32_t abi_major, abi_minor;                                                                         \
        uint64_t text_len;                                                                                     \
        char text[sizeof(text_)];                                                                              \
    } artemis_manifest_t_;                                                                                     \
    ARTEMIS_C_ ARTEMIS_VISIBLE_ const artemis_manifest_t_ artemis_manifest_v1;                                 \
    ARTEMIS_USED_ const artemis_manifest_t_ artemis_manifest_v1 = {                                            \
        {'A', 'R', 'T', 'E', 'M', 'I', 'S', 1}, ARTEMIS_ABI_MAJOR, ARTEMIS_ABI_MINOR, sizeof(text_) - 1, text_}

#define ARTEMIS_STR(literal_) {(const uint8_t *)(literal_), sizeof(literal_) - 1}

// A text as an artemis_str; borrowed. ARTEMIS_STR is for initializers.
static inline artemis_str artemis_text(const char *text) {
    artemis_str out = {(const uint8_t *)text, text ? (uint64_t)strlen(text) : 0};
    return out;
}

// Fills the caller's place for an error and gives back the status: `return artemis_fail(error, ARTEMIS_ERROR, "why");`
static inline int32_t artemis_fail(artemis_error *error, int32_t status, const char *text) {
    if (error) {
        size_t len = text ? strlen(text) : 0;
        if (len >= sizeof error->text) len = sizeof error->text - 1;
        error->status = status;
        error->record = error->offset = -1;
        error->column[0] = 0;
        if (len) memcpy(error->text, text, len);
        error->text[len] = 0;
    }
    return status;
}

// What `artemis_plugin_v1` does: hands out the components, which live as long as the process.
static inline int32_t artemis_enter(const artemis_host *host, artemis_plugin *plugin,
                                    const artemis_component *components, uint64_t count, artemis_error *error) {
    if (host->abi_major != ARTEMIS_ABI_MAJOR)
        return artemis_fail(error, ARTEMIS_UNSUPPORTED, "the plugin is built for another major revision of the ABI");
    if (plugin->struct_size > sizeof *plugin) plugin->struct_size = sizeof *plugin;
    plugin->abi_minor = ARTEMIS_ABI_MINOR;
    plugin->components = components, plugin->component_count = count;
    return ARTEMIS_OK;
}

#ifdef __cplusplus
}
#endif
#endif
