// The algorithm `my-plugin/sums`: count and sum of every column of 64-bit integers, one row a column.
//
// Each worker adds up the chunks that it sees in a partial; the host merges the partials and calls `finalize` once with
// everything. Sums in 128 bits do not depend on the order, so the partial is `exact`. Every function of the table runs its
// body through the guard: an exception becomes an error of the host.
#include "artemis_plugin.hpp"
#include "columns.h"

#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// What the host reads from the file without loading it.
ARTEMIS_MANIFEST(
    "manifest = 1\n"
    "id = \"my-plugin\"\n"
    "version = \"0.1.0\"\n"
    "vendor = \"Your name\"\n"
    "licence = \"MIT OR Apache-2.0\"\n"
    "description = \"The algorithm `sums` for artemis-host\"\n"
    "compiler = \"c++ " __VERSION__ "\"\n"
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

namespace {

__extension__ typedef __int128 int128;

struct Sum {
    std::uint64_t count = 0;
    int128 sum = 0;
};

constexpr std::size_t SAVED_BYTES = sizeof(std::uint64_t) + sizeof(int128);

struct Summed {
    std::int64_t index;
    std::string name;
};

struct Sums {
    std::optional<std::vector<std::string>> only; // what the job file names; none: all
    std::vector<Summed> columns;                  // known after initialize
};

struct Partial {
    std::vector<Sum> sums;
    std::vector<std::uint8_t> saved; // lives until the next call with this partial
};

int32_t configure(const artemis_context *context, void **out, artemis_error *error) {
    return artemis::guard(error, [&] {
        auto made = std::make_unique<Sums>();
        if (const artemis_value *list = context->host->property(context, artemis_text("columns"))) {
            made->only.emplace();
            for (std::uint64_t i = 0; i < list->count; i++) {
                if (list->items[i].kind != ARTEMIS_VALUE_STRING) {
                    throw artemis::error(ARTEMIS_INVALID, "property `columns` is a list of names");
                }
                auto text = list->items[i].text;
                made->only->emplace_back(reinterpret_cast<const char *>(text.data), text.len);
            }
        }
        *out = made.release();
    });
}

bool is_integer(const ArrowSchema &field) { return !field.dictionary && std::strcmp(field.format, "l") == 0; }

// The column of a name, which must be there and hold integers.
std::int64_t named(const ArrowSchema &input, const std::string &name) {
    for (std::int64_t i = 0; i < input.n_children; i++) {
        if (name != input.children[i]->name) continue;
        if (is_integer(*input.children[i])) return i;
        throw artemis::error(ARTEMIS_INVALID, "column `" + name + "` does not hold 64-bit integers").in_column(name);
    }
    throw artemis::error(ARTEMIS_INVALID, "there is no column `" + name + "`").in_column(name);
}

int32_t initialize(void *self, const artemis_context *, const ArrowSchema *const *inputs, uint32_t input_count,
                   ArrowSchema *outputs, uint32_t output_count, artemis_error *error) {
    return artemis::guard(error, [&] {
        auto &sums = *static_cast<Sums *>(self);
        if (input_count != 1 || output_count != 1) throw artemis::error(ARTEMIS_INVALID, "takes one parent");
        const ArrowSchema &input = *inputs[0];
        sums.columns.clear();
        if (sums.only) {
            for (const auto &name : *sums.only) sums.columns.push_back({named(input, name), name});
        } else {
            for (std::int64_t i = 0; i < input.n_children; i++) {
                if (is_integer(*input.children[i])) sums.columns.push_back({i, input.children[i]->name});
            }
        }
        const char *names[] = {"column", "count", "sum"}, *formats[] = {"u", "L", "l"};
        if (!columns_schema(&outputs[0], 3, names, formats, 0)) throw std::bad_alloc();
    });
}

// There is nothing that a worker keeps from chunk to chunk.
struct Instance {};

int32_t new_instance(void *, const artemis_context *, void **out, artemis_error *error) {
    return artemis::guard(error, [&] { *out = new Instance; });
}

int32_t new_partial(void *self, void **out, artemis_error *error) {
    return artemis::guard(error, [&] {
        *out = new Partial{std::vector<Sum>(static_cast<const Sums *>(self)->columns.size()), {}};
    });
}

// Takes the second partial, whatever the outcome.
int32_t merge_partials(void *, void *into, void *from, artemis_error *error) {
    std::unique_ptr<Partial> taken(static_cast<Partial *>(from));
    return artemis::guard(error, [&] {
        auto &sums = static_cast<Partial *>(into)->sums;
        for (std::size_t i = 0; i < sums.size(); i++) {
            sums[i].count += taken->sums.at(i).count;
            sums[i].sum += taken->sums.at(i).sum;
        }
    });
}

int32_t save_partial(void *, void *of, artemis_str *out, artemis_error *error) {
    return artemis::guard(error, [&] {
        auto &partial = *static_cast<Partial *>(of);
        partial.saved.assign(partial.sums.size() * SAVED_BYTES, 0);
        auto *to = partial.saved.data();
        for (const auto &sum : partial.sums) {
            std::memcpy(to, &sum.count, sizeof sum.count);
            std::memcpy(to + sizeof sum.count, &sum.sum, sizeof sum.sum);
            to += SAVED_BYTES;
        }
        *out = {partial.saved.data(), partial.saved.size()};
    });
}

int32_t load_partial(void *self, artemis_str bytes, void **out, artemis_error *error) {
    return artemis::guard(error, [&] {
        auto columns = static_cast<const Sums *>(self)->columns.size();
        if (bytes.len != columns * SAVED_BYTES) {
            throw artemis::error(ARTEMIS_BAD_DATA, "these bytes are not a saved partial of these columns");
        }
        auto partial = std::make_unique<Partial>();
        partial->sums.resize(columns);
        auto *from = bytes.data;
        for (auto &sum : partial->sums) {
            std::memcpy(&sum.count, from, sizeof sum.count);
            std::memcpy(&sum.sum, from + sizeof sum.count, sizeof sum.sum);
            from += SAVED_BYTES;
        }
        *out = partial.release();
    });
}

uint64_t partial_bytes(void *self, const void *of) {
    auto columns = of ? static_cast<const Partial *>(of)->sums.size() : static_cast<const Sums *>(self)->columns.size();
    return sizeof(Partial) + columns * sizeof(Sum);
}

// A batch that was moved here: on every path it goes back once.
class Batch {
  public:
    explicit Batch(ArrowArray &array) : array_(array) {}
    Batch(const Batch &) = delete;
    Batch &operator=(const Batch &) = delete;
    ~Batch() { array_.release(&array_); }

    void add_up(const Summed &summed, Sum &total) const {
        if (summed.index >= array_.n_children) {
            throw artemis::error(ARTEMIS_ERROR, "the batch lacks a column").in_column(summed.name);
        }
        const ArrowArray &column = *array_.children[summed.index];
        auto *values = static_cast<const std::int64_t *>(column.buffers[1]) + column.offset;
        // A batch may be a slice: its own offset counts too.
        for (std::int64_t row = array_.offset; row < array_.offset + array_.length; row++) {
            if (!column_has(&column, row)) continue;
            total.count += 1;
            total.sum += values[row];
        }
    }

  private:
    ArrowArray &array_;
};

int32_t execute(void *self, const artemis_context *, void *, void *of, const artemis_input *inputs,
                uint64_t input_count, artemis_error *error) {
    return artemis::guard(error, [&] {
        auto &columns = static_cast<const Sums *>(self)->columns;
        auto &sums = static_cast<Partial *>(of)->sums;
        // All are taken before anything can fail.
        std::vector<std::unique_ptr<Batch>> batches;
        for (std::uint64_t i = 0; i < input_count; i++) batches.push_back(std::make_unique<Batch>(*inputs[i].array));
        for (const auto &batch : batches) {
            for (std::size_t i = 0; i < columns.size(); i++) batch->add_up(columns[i], sums.at(i));
        }
    });
}

// Columns that are freed on every path.
struct Columns {
    column all[3] = {};
    ~Columns() {
        for (auto &each : all) column_free(&each);
    }
};

int32_t finalize(void *self, const artemis_context *context, void *of, artemis_error *error) {
    return artemis::guard(error, [&] {
        auto &sums = *static_cast<const Sums *>(self);
        auto &partial = *static_cast<const Partial *>(of);
        Columns columns;
        bool ok = column_begin(&columns.all[0], 'u') && column_begin(&columns.all[1], 'L') &&
                  column_begin(&columns.all[2], 'l');
        for (std::size_t i = 0; ok && i < sums.columns.size(); i++) {
            const auto &name = sums.columns[i].name;
            auto total = static_cast<std::int64_t>(partial.sums.at(i).sum);
            if (total != partial.sums[i].sum) {
                throw artemis::error(ARTEMIS_ERROR, "the sum is more than 64 bits hold").in_column(name);
            }
            ok = column_add_text(&columns.all[0], name.data(), name.size()) &&
                 column_add(&columns.all[1], &partial.sums[i].count) && column_add(&columns.all[2], &total);
        }
        ArrowArray batch;
        if (!ok || !columns_export(columns.all, 3, &batch)) throw std::bad_alloc();
        artemis::check(context->host->emit(context, 0, &batch, error)); // moves the batch, on error too
    });
}

template <typename T> void release(void *of) { delete static_cast<T *>(of); }

const artemis_algorithm table = [] {
    artemis_algorithm algorithm{};
    algorithm.struct_size = sizeof algorithm;
    algorithm.configure = configure;
    algorithm.release = release<Sums>;
    algorithm.initialize = initialize;
    algorithm.new_instance = new_instance;
    algorithm.release_instance = release<Instance>;
    algorithm.new_partial = new_partial;
    algorithm.release_partial = release<Partial>;
    algorithm.merge_partials = merge_partials;
    algorithm.save_partial = save_partial;
    algorithm.load_partial = load_partial;
    algorithm.partial_bytes = partial_bytes;
    algorithm.execute = execute;
    algorithm.finalize = finalize;
    return algorithm;
}();

const artemis_component components[] = {
    {sizeof(artemis_component), ARTEMIS_KIND_ALGORITHM, 0, ARTEMIS_STR("sums"), nullptr, &table, nullptr},
};

} // namespace

ARTEMIS_EXPORT int32_t artemis_plugin_v1(const artemis_host *host, artemis_plugin *out, artemis_error *error) {
    return artemis_enter(host, out, components, 1, error);
}
