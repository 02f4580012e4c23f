#include "store_fixture.hpp"

#include "storage/sqlite_error.hpp"

namespace anochat::storage::test {

Look look_at(const fs::path& path, const DatabaseOptions& options) {
  Look look;
  try {
    RawKey key = raw_key();
    const EncryptedDatabase store = EncryptedDatabase::open(path, key, options);
    SQLite::Database db = store.open_connection();
    if (integrity(db) != "ok") {
      look.error = Errc::store_corrupt;
      return look;
    }
    look.rows = count_rows(db);
    look.is_ok = true;
  } catch (const Error& error) {
    look.error = error.code();
  } catch (const SQLite::Exception& exception) {
    look.error = errc_of_sqlite(exception.getExtendedErrorCode());
  }
  return look;
}

}  // namespace anochat::storage::test
