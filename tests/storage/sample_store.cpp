// anochat_storage_sample <folder>: stores for other readers to try themselves on.
//
//   closed.db             XChaCha20-Poly1305, closed; raw key 00 01 .. 1f, and the passphrase "open sesame"
//   killed.db, -wal       the same as a kill leaves it, with later rows in the WAL only
//
// Each has the table notes(id, body), with body = "note <id>" for ids 1 to 300 (closed) or 1 to 400 (killed).
#include <SQLiteCpp/SQLiteCpp.h>
#include <cstdio>
#include <filesystem>

#include "storage/encrypted_database.hpp"

namespace {

using namespace anochat;
using namespace anochat::storage;
namespace fs = std::filesystem;

void write_notes(SQLite::Database& db, int first, int last) {
  SQLite::Transaction transaction(db);
  for (int id = first; id <= last; ++id) {
    db.exec("INSERT INTO notes VALUES(" + std::to_string(id) + ", 'note " + std::to_string(id) + "')");
  }
  transaction.commit();
}

void make(const fs::path& folder) {
  fs::remove_all(folder);
  fs::create_directories(folder);
  StoreKey bytes;
  for (std::uint8_t i = 0; std::uint8_t& byte : bytes.expose_mutable()) byte = i++;
  RawKey key(std::move(bytes));
  PassphraseKey passphrase("open sesame", {KdfParams::kLeastMemory, KdfParams::kLeastPasses});
  DatabaseOptions options;
  options.cipher = Cipher::xchacha20;
  EncryptedDatabase store = EncryptedDatabase::create(folder / "live.db", key, options);
  store.add_key(passphrase);
  {
    SQLite::Database db = store.open_connection();
    db.exec("CREATE TABLE notes(id INTEGER PRIMARY KEY, body TEXT)");
    write_notes(db, 1, 300);
    db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    fs::copy_file(folder / "live.db", folder / "closed.db");
    for (int id = 301; id <= 400; id += 10) write_notes(db, id, id + 9);
    fs::copy_file(folder / "live.db", folder / "killed.db");
    fs::copy_file(folder / "live.db-wal", folder / "killed.db-wal");
  }
  store.close();
}

}  // namespace

int main(int count, char** words) {
  if (count != 2) return 2;
  try {
    make(words[1]);
    return 0;
  } catch (const std::exception& exception) {
    std::fprintf(stderr, "%s\n", exception.what());
    return 1;
  }
}
