// storage/sqlite_error.hpp - SQLite's result codes as ours.
#pragma once

#include <anochat/base/error.hpp>

#include <SQLiteCpp/Exception.h>
#include <string_view>

namespace anochat::storage {

/// What an extended SQLite result code means to a caller of this library. A code that can only come from a mistake
/// in our own SQL is Errc::internal.
[[nodiscard]] Errc errc_of_sqlite(int extended_code) noexcept;

/// Throws the Error that stands for a SQLite exception.
[[noreturn]] void throw_sqlite(const SQLite::Exception& exception, std::string_view where);

/// Throws unless `code` is SQLITE_OK.
void check_sqlite(int extended_code, std::string_view where);

}  // namespace anochat::storage
