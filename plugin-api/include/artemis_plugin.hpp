// artemis_plugin.hpp - C++17 on top of artemis_plugin.h: no exception leaves a function. Licence: Apache-2.0.
//
//     int32_t configure(const artemis_context *context, void **component, artemis_error *error) {
//         return artemis::guard(error, [&] { *component = new Mine(context); }); // whatever it throws becomes an error
//     }
#ifndef ARTEMIS_PLUGIN_HPP
#define ARTEMIS_PLUGIN_HPP

#include "artemis_plugin.h"

#include <cstdint>
#include <cstring>
#include <exception>
#include <string>
#include <utility>

namespace artemis {

// A failure with its status and its place in the data. Any other exception becomes ARTEMIS_PANIC with its text.
class error : public std::exception {
  public:
    error(std::int32_t status, std::string text) : status_(status), text_(std::move(text)) {}

    // Adds the record number within the datum, from 0.
    error at_record(std::uint64_t record) && { return record_ = static_cast<std::int64_t>(record), std::move(*this); }
    // Adds the byte offset within the datum.
    error at_offset(std::uint64_t offset) && { return offset_ = static_cast<std::int64_t>(offset), std::move(*this); }
    // Adds the name of the column.
    error in_column(std::string column) && { return column_ = std::move(column), std::move(*this); }

    const char *what() const noexcept override { return text_.c_str(); }

    // Fills the caller's place for an error and gives back the status.
    std::int32_t put(artemis_error *place) const noexcept {
        artemis_fail(place, status_, text_.c_str());
        if (place) {
            place->record = record_;
            place->offset = offset_;
            std::size_t len = column_.size() < sizeof place->column ? column_.size() : sizeof place->column - 1;
            std::memcpy(place->column, column_.data(), len);
            place->column[len] = 0;
        }
        return status_;
    }

  private:
    std::int32_t status_;
    std::string text_, column_;
    std::int64_t record_ = -1, offset_ = -1;
};

// What a service of the host answered; it has filled the caller's place for an error already.
struct reported {
    std::int32_t status;
};

// Throws unless a service of the host answered ARTEMIS_OK: `artemis::check(context->host->emit(…, error));`
inline void check(std::int32_t status) {
    if (status != ARTEMIS_OK) throw reported{status};
}

// Runs the body of a function of a table; what it throws becomes an error.
template <typename Body> std::int32_t guard(artemis_error *place, Body &&body) noexcept {
    try {
        std::forward<Body>(body)();
        return ARTEMIS_OK;
    } catch (const error &failure) {
        return failure.put(place);
    } catch (const reported &answer) {
        return answer.status;
    } catch (const std::exception &exception) {
        return artemis_fail(place, ARTEMIS_PANIC, exception.what());
    } catch (...) {
        return artemis_fail(place, ARTEMIS_PANIC, "an exception that is no std::exception");
    }
}

} // namespace artemis

#endif
