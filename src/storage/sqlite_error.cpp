#include "storage/sqlite_error.hpp"

#include <sqlite3.h>

namespace anochat::storage {

Errc errc_of_sqlite(int extended_code) noexcept {
  switch (extended_code) {
    case SQLITE_IOERR_CORRUPTFS:  // what our VFS says about a page that is not authentic
    case SQLITE_IOERR_DATA: return Errc::store_corrupt;
    case SQLITE_IOERR_NOMEM: return Errc::out_of_memory;
    default: break;
  }
  switch (extended_code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return Errc::store_busy;
    case SQLITE_NOMEM: return Errc::out_of_memory;
    case SQLITE_FULL: return Errc::disk_full;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return Errc::store_corrupt;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_PROTOCOL: return Errc::io_failed;  // locks that the file system never grants
    case SQLITE_READONLY:
    case SQLITE_PERM: return Errc::read_only;
    case SQLITE_TOOBIG: return Errc::too_large;
    default: return Errc::internal;
  }
}

void check_sqlite(int extended_code, std::string_view where) {
  if (extended_code != SQLITE_OK) throw Error(errc_of_sqlite(extended_code), where);
}

void throw_sqlite(const SQLite::Exception& exception, std::string_view where) {
  // The extended code is -1 or stale where SQLiteCpp was given a result and a text, or the failure left no trace in the
  // connection. The result itself then says more.
  const int code = exception.getErrorCode(), extended = exception.getExtendedErrorCode();
  throw Error(errc_of_sqlite((extended & 0xff) == (code & 0xff) ? extended : code), where);
}

}  // namespace anochat::storage
