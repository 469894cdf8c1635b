// The reader `my-plugin/readings`: lines such as `inlet = 21.5`, one record a line, become the columns `name` and `value`.
//
// The host cuts the input into chunks of whole lines and calls the reader on all cores. A `Readings` does not change after
// `configure`; a `Datum`, what is known of one input, not after `initialize`. So no call needs a lock. Every function of the
// table runs its body through the guard: an exception becomes an error of the host.
#include "artemis_plugin.hpp"
#include "columns.h"

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <string_view>

// What the host reads from the file without loading it.
ARTEMIS_MANIFEST(
    "manifest = 1\n"
    "id = \"my-plugin\"\n"
    "version = \"0.1.0\"\n"
    "vendor = \"Your name\"\n"
    "licence = \"MIT OR Apache-2.0\"\n"
    "description = \"The reader `readings` for artemis-host\"\n"
    "compiler = \"c++ " __VERSION__ "\"\n"
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

namespace {

struct Readings {
    char separator;
    std::optional<char> comment;
};

struct Datum {
    char format = 0; // of `value`: 'g' or 'u'; 0 before initialize
};

struct Sample {
    bool has_text = false; // some value is not a number
};

artemis_str raw(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t *>(text.data()), text.size()};
}

// A property of one character; none where it is empty.
std::optional<char> character(const artemis_context *context, const std::string &name, char absent) {
    const artemis_value *value = context->host->property(context, raw(name));
    if (!value) return absent;
    if (value->kind != ARTEMIS_VALUE_STRING || value->text.len > 1 || (value->text.len && value->text.data[0] > 127)) {
        throw artemis::error(ARTEMIS_INVALID, "property `" + name + "` is one ASCII character");
    }
    if (value->text.len == 0) return std::nullopt;
    return static_cast<char>(value->text.data[0]);
}

int32_t configure(const artemis_context *context, void **out, artemis_error *error) {
    return artemis::guard(error, [&] {
        auto separator = character(context, "separator", '=');
        auto comment = character(context, "comment", '#');
        if (!separator || *separator == '\n' || *separator == '\r' || separator == comment) {
            throw artemis::error(ARTEMIS_INVALID, "property `separator` must not be empty, end a line or start a comment");
        }
        *out = new Readings{*separator, comment};
    });
}

// Lines: the host cuts at their ends and leaves out blank lines and comments when it counts records.
int32_t framing(void *self, const artemis_context *, artemis_framing *out, artemis_error *) {
    auto &reader = *static_cast<Readings *>(self);
    out->kind = ARTEMIS_FRAMING_DELIMITED;
    out->unit_bytes = 1;
    out->delimiter = reader.separator;
    out->quote = out->escape = -1;
    out->comment = reader.comment ? *reader.comment : -1;
    out->terminator = -1; // LF or CRLF
    out->header_records = out->footer_records = 0;
    return ARTEMIS_OK;
}

int32_t open_datum(void *, const artemis_context *, const artemis_chunk *, void **out, artemis_error *error) {
    return artemis::guard(error, [&] { *out = new Datum; });
}

std::string_view trim(std::string_view text) {
    auto start = text.find_first_not_of(" \t");
    if (start == text.npos) return {};
    return text.substr(start, text.find_last_not_of(" \t") - start + 1);
}

// The records of a chunk: lines that are not blank and no comments.
class Records {
  public:
    Records(const Readings &reader, const artemis_chunk &chunk)
        : reader_(reader), rest_(reinterpret_cast<const char *>(chunk.data), chunk.len) {}

    std::optional<std::string_view> next() {
        while (!rest_.empty()) {
            auto end = rest_.find('\n');
            auto line = rest_.substr(0, end);
            rest_.remove_prefix(end == rest_.npos ? rest_.size() : end + 1);
            if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
            if (!line.empty() && line.front() != reader_.comment) return line;
        }
        return std::nullopt;
    }

  private:
    const Readings &reader_;
    std::string_view rest_;
};

struct Parts {
    std::string_view name, value;
    const char *problem = nullptr; // why the line has no parts
};

Parts split(const Readings &reader, std::string_view line) {
    auto at = line.find(reader.separator);
    if (at == line.npos) return {{}, {}, "the line has no separator"};
    if (!columns_is_utf8(line.data(), line.size())) return {{}, {}, "the line is not UTF-8"};
    return {trim(line.substr(0, at)), trim(line.substr(at + 1)), nullptr};
}

std::optional<double> number(std::string_view text) {
    std::string copy(text);
    char *end = nullptr;
    double value = std::strtod(copy.c_str(), &end);
    if (copy.empty() || end != copy.c_str() + copy.size()) return std::nullopt;
    return value;
}

int32_t sample(void *self, const artemis_context *, const void *, const artemis_chunk *chunk, void **out,
               artemis_error *error) {
    return artemis::guard(error, [&] {
        auto seen = std::make_unique<Sample>();
        auto &reader = *static_cast<Readings *>(self);
        Records records(reader, *chunk);
        while (auto line = records.next()) {
            auto parts = split(reader, *line);
            if (!parts.value.empty() && !number(parts.value)) seen->has_text = true;
        }
        *out = seen.release();
    });
}

// Takes the second sample, whatever the outcome.
int32_t merge_samples(void *, void *into, void *from, artemis_error *) {
    std::unique_ptr<Sample> taken(static_cast<Sample *>(from));
    static_cast<Sample *>(into)->has_text |= taken->has_text;
    return ARTEMIS_OK;
}

int32_t schema(void *, const artemis_context *, const void *, const void *seen, uint32_t output, ArrowSchema *out,
               artemis_error *error) {
    return artemis::guard(error, [&] {
        if (output != 0) throw artemis::error(ARTEMIS_INVALID, "there is one output");
        bool has_text = seen && static_cast<const Sample *>(seen)->has_text;
        const char *names[] = {"name", "value"}, *formats[] = {"u", has_text ? "u" : "g"};
        if (!columns_schema(out, 2, names, formats, ARROW_FLAG_NULLABLE)) throw std::bad_alloc();
    });
}

// The host has joined what all inputs showed: these are the types to read.
int32_t initialize(void *, const artemis_context *, void *datum, const ArrowSchema *const *schemas, uint32_t count,
                   artemis_error *error) {
    return artemis::guard(error, [&] {
        using namespace std::literals;
        if (count != 1 || schemas[0]->n_children != 2 || schemas[0]->children[0]->format != "u"sv) {
            throw artemis::error(ARTEMIS_INVALID, "the columns are not `name` (text) and `value`");
        }
        std::string_view format = schemas[0]->children[1]->format;
        if (format != "u" && format != "g") {
            throw artemis::error(ARTEMIS_UNSUPPORTED, "reads text or 64-bit floats").in_column("value");
        }
        static_cast<Datum *>(datum)->format = format[0];
    });
}

// There is nothing that a worker keeps from chunk to chunk.
struct Instance {};

int32_t new_instance(void *, const artemis_context *, void **out, artemis_error *error) {
    return artemis::guard(error, [&] { *out = new Instance; });
}

// A column that is freed on every path.
class Column {
  public:
    explicit Column(char format) {
        if (!column_begin(&column_, format)) throw std::bad_alloc();
    }
    Column(const Column &) = delete;
    Column &operator=(const Column &) = delete;
    ~Column() { column_free(&column_); }

    void add(std::optional<double> value) { check(column_add(&column_, value ? &*value : nullptr)); }
    void add(std::string_view text) { check(column_add_text(&column_, text.data() ? text.data() : "", text.size())); }
    void add_null() { check(column_.format == 'u' ? column_add_text(&column_, nullptr, 0) : column_add(&column_, nullptr)); }

    // Moves the rows out.
    column take() {
        column taken = column_;
        column_ = {};
        return taken;
    }

  private:
    static void check(int ok) {
        if (!ok) throw std::bad_alloc();
    }
    column column_;
};

// Reports what does not convert. It is never dropped in silence: the host counts it, knows its place, and decides.
int32_t reject(const artemis_context *context, const artemis_chunk &chunk, std::uint64_t index, std::string_view line,
               std::string_view column_name, std::string_view cell, std::string_view reason) {
    artemis_reject report{};
    report.struct_size = sizeof report;
    report.record = context->first_record + index;
    report.offset = context->byte_offset +
                    static_cast<std::uint64_t>(reinterpret_cast<const std::uint8_t *>(line.data()) - chunk.data);
    report.column = raw(column_name);
    report.reason = raw(reason);
    report.raw = raw(cell);
    report.raw_record = raw(line);
    int32_t action = context->host->reject(context, &report);
    if (action == ARTEMIS_ACTION_STOP) throw artemis::error(ARTEMIS_STOPPED, "stopped as the host asked");
    return action;
}

int32_t execute(void *self, const artemis_context *context, void *, const void *datum, const artemis_chunk *chunk,
                artemis_error *error) {
    return artemis::guard(error, [&] {
        auto &reader = *static_cast<const Readings *>(self);
        char format = static_cast<const Datum *>(datum)->format;
        if (!format) throw artemis::error(ARTEMIS_ERROR, "execute was called before initialize");
        Column names('u'), values(format);
        Records records(reader, *chunk);
        bool is_empty = true;
        for (std::uint64_t index = 0; auto line = records.next(); index++) {
            auto parts = split(reader, *line);
            if (parts.problem) {
                // There is no cell to put a null into: whatever the action, the record is left out.
                reject(context, *chunk, index, *line, "", *line, parts.problem);
                continue;
            }
            auto value = format == 'g' ? number(parts.value) : std::nullopt;
            if (format == 'g' && !value && !parts.value.empty()) {
                int32_t action = reject(context, *chunk, index, *line, "value", parts.value, "not a number");
                if (action == ARTEMIS_ACTION_DROP) continue;
            }
            names.add(parts.name);
            if (format == 'u' && !parts.value.empty()) values.add(parts.value);
            else if (value) values.add(value);
            else values.add_null();
            is_empty = false;
        }
        if (is_empty) return;
        column columns[] = {names.take(), values.take()};
        ArrowArray batch;
        if (!columns_export(columns, 2, &batch)) throw std::bad_alloc();
        artemis::check(context->host->emit(context, 0, &batch, error)); // moves the batch, on error too
    });
}

template <typename T> void release(void *of) { delete static_cast<T *>(of); }

const artemis_reader table = [] {
    artemis_reader reader{};
    reader.struct_size = sizeof reader;
    reader.configure = configure;
    reader.release = release<Readings>;
    reader.framing = framing;
    reader.open_datum = open_datum;
    reader.close_datum = release<Datum>;
    reader.sample = sample;
    reader.merge_samples = merge_samples;
    reader.release_sample = release<Sample>;
    reader.schema = schema;
    reader.initialize = initialize;
    reader.new_instance = new_instance;
    reader.release_instance = release<Instance>;
    reader.execute = execute;
    return reader;
}();

const artemis_component components[] = {
    {sizeof(artemis_component), ARTEMIS_KIND_READER, 0, ARTEMIS_STR("readings"), &table, nullptr, nullptr},
};

} // namespace

ARTEMIS_EXPORT int32_t artemis_plugin_v1(const artemis_host *host, artemis_plugin *out, artemis_error *error) {
    return artemis_enter(host, out, components, 1, error);
}
