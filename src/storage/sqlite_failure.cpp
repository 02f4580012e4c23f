#include "storage/sqlite_failure.hpp"

#include <sqlite3.h>

namespace anochat::storage::detail {

void raise(int extended, std::string_view where) {
  switch (extended) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID: throw Error(Errc::already_exists, where);
    case SQLITE_CONSTRAINT_FOREIGNKEY: throw Error(Errc::not_found, where);
    default: break;
  }
  // A mismatch is a rowid that is no number: STRICT tables tell it apart from the other wrong types.
  if ((extended & 0xff) == SQLITE_CONSTRAINT || extended == SQLITE_MISMATCH) throw Error(Errc::invalid_argument, where);
  check_sqlite(extended, where);
  throw Error(Errc::internal, where);
}

}  // namespace anochat::storage::detail
