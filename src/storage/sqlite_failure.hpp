// storage/sqlite_failure.hpp - what a failed statement means, broken constraints included.
#pragma once

#include <string_view>

#include "storage/sqlite_error.hpp"

namespace anochat::storage::detail {

/// Throws the Error for an extended result code that is not SQLITE_OK. A row that is there already is already_exists, a
/// row that refers to nothing is not_found, a value outside its column's limits is invalid_argument.
[[noreturn]] void raise(int extended, std::string_view where);

/// Calls `body` and translates what SQLiteCpp throws.
template <class Body>
decltype(auto) translated(std::string_view where, Body&& body) {
  try {
    return body();
  } catch (const SQLite::Exception& exception) {
    throw_sqlite(exception, where);
  }
}

}  // namespace anochat::storage::detail
