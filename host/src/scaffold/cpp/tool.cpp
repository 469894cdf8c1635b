// The tool `my-plugin/letters`: ASCII letters of text in upper or lower case.
//
// Algorithms call a tool by its configured name, on any thread. A `Place` is one use of it: what it knows of the columns
// there is made once. Every function of the table runs its body through the guard: an exception becomes an error of the
// host.
#include "artemis_plugin.hpp"
#include "columns.h"

#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
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
    "description = \"The tool `letters` for artemis-host\"\n"
    "compiler = \"c++ " __VERSION__ "\"\n"
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

namespace {

struct Letters {
    bool is_lower = false;

    char turn(char c) const {
        if (is_lower) return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
        return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
    }
};

struct Place {
    std::vector<bool> is_text; // by column
};

int32_t configure(const artemis_context *context, void **out, artemis_error *error) {
    return artemis::guard(error, [&] {
        auto made = std::make_unique<Letters>();
        // The host has checked the choices.
        if (const artemis_value *style = context->host->property(context, artemis_text("style"))) {
            made->is_lower =
                std::string_view(reinterpret_cast<const char *>(style->text.data), style->text.len) == "lower";
        }
        *out = made.release();
    });
}

int32_t initialize(void *, const artemis_context *, const ArrowSchema *input, ArrowSchema *output, void **out,
                   artemis_error *error) {
    return artemis::guard(error, [&] {
        auto place = std::make_unique<Place>();
        for (std::int64_t i = 0; i < input->n_children; i++) {
            const ArrowSchema &field = *input->children[i];
            place->is_text.push_back(!field.dictionary && std::strcmp(field.format, "u") == 0);
        }
        if (!columns_copy_schema(input, output)) throw std::bad_alloc();
        *out = place.release();
    });
}

// A column that shares everything but its text with the one that it was made from, which it keeps.
struct Turned {
    ArrowArray original{};
    const void *buffers[3] = {};
    std::string text;

    Turned() = default;
    Turned(const Turned &) = delete;
    Turned &operator=(const Turned &) = delete;
    ~Turned() {
        if (original.release) original.release(&original);
    }

    static void release(ArrowArray *array) {
        delete static_cast<Turned *>(array->private_data);
        array->release = nullptr;
    }
};

// Moves a column of text out of its batch, with its letters turned.
void turn_column(const Letters &letters, ArrowArray &from, ArrowArray &out) {
    auto kept = std::make_unique<Turned>();
    auto *offsets = static_cast<const std::int32_t *>(from.buffers[1]);
    auto end = from.offset + from.length;
    if (end > 0) kept->text.assign(static_cast<const char *>(from.buffers[2]), static_cast<std::size_t>(offsets[end]));
    for (char &c : kept->text) c = letters.turn(c);
    kept->original = from;
    from.release = nullptr; // moved
    kept->buffers[0] = kept->original.buffers[0];
    kept->buffers[1] = offsets;
    kept->buffers[2] = kept->text.data();
    out = kept->original;
    out.buffers = kept->buffers;
    out.release = Turned::release;
    out.private_data = kept.release();
}

int32_t execute(void *self, const artemis_context *, const void *of, ArrowArray *input, ArrowArray *output,
                artemis_error *error) {
    // It was moved here: on every path it goes back once.
    struct Released {
        ArrowArray *array;
        ~Released() { array->release(array); }
    } released{input};
    return artemis::guard(error, [&] {
        auto &place = *static_cast<const Place *>(of);
        auto columns = static_cast<std::int64_t>(place.is_text.size());
        if (input->n_children != columns) {
            throw artemis::error(ARTEMIS_INVALID, "the batch has other columns than this place was made for");
        }
        ArrowArray made;
        if (!columns_new_array(&made, input->length, 1, columns)) throw std::bad_alloc();
        made.offset = input->offset;
        try {
            for (std::int64_t i = 0; i < columns; i++) {
                ArrowArray &from = *input->children[i];
                if (place.is_text[static_cast<std::size_t>(i)]) {
                    turn_column(*static_cast<const Letters *>(self), from, *made.children[i]);
                } else {
                    *made.children[i] = from; // children may be moved out of their parent
                    from.release = nullptr;
                }
            }
        } catch (...) {
            made.release(&made);
            throw;
        }
        *output = made;
    });
}

template <typename T> void release(void *of) { delete static_cast<T *>(of); }

const artemis_tool table = [] {
    artemis_tool tool{};
    tool.struct_size = sizeof tool;
    tool.configure = configure;
    tool.release = release<Letters>;
    tool.initialize = initialize;
    tool.release_place = release<Place>;
    tool.execute = execute;
    return tool;
}();

const artemis_component components[] = {
    {sizeof(artemis_component), ARTEMIS_KIND_TOOL, 0, ARTEMIS_STR("letters"), nullptr, nullptr, &table},
};

} // namespace

ARTEMIS_EXPORT int32_t artemis_plugin_v1(const artemis_host *host, artemis_plugin *out, artemis_error *error) {
    return artemis_enter(host, out, components, 1, error);
}
