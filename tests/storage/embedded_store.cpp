// A library with the store inside, as a host program loads it: store_write(path) makes a store with a known sentence.
#include <SQLiteCpp/SQLiteCpp.h>
#include <filesystem>

#include "storage/encrypted_database.hpp"

extern "C" [[gnu::visibility("default")]] int store_write(const char* path) noexcept {
  using namespace anochat;
  using namespace anochat::storage;
  try {
    RawKey key((StoreKey()));
    EncryptedDatabase store = EncryptedDatabase::create(path, key);
    {
      SQLite::Database db = store.open_connection();
      db.exec("CREATE TABLE notes(body); INSERT INTO notes VALUES('PLAINTEXTMARKER one'), ('PLAINTEXTMARKER two')");
      if (db.execAndGet("SELECT count(*) FROM notes").getInt() != 2) return 2;
    }
    store.close();
    return 0;
  } catch (const std::exception&) {
    return 1;
  }
}
