// tests/unit/storage/store_fixture.hpp - a folder of its own and a store in it, for tests of the encrypted file.
#pragma once

#include <anochat/base/error.hpp>
#include <anochat/storage/key_provider.hpp>

#include <SQLiteCpp/SQLiteCpp.h>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "storage/encrypted_database.hpp"
#include "storage/header.hpp"
#include "storage/wal_frame.hpp"
#include "support/temporary_folder.hpp"

namespace anochat::storage::test {

namespace fs = std::filesystem;

using TempFolder = testing::TemporaryFolder;

inline RawKey raw_key(std::uint8_t fill = 0x5a) {
  StoreKey key;
  for (std::uint8_t& byte : key.expose_mutable()) byte = fill;
  return RawKey(std::move(key));
}

inline std::string read_bytes(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline void write_bytes(const fs::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

/// Words that stand in the test stores and must stand in no file.
inline constexpr const char* kMarkers[] = {"PLAINTEXTMARKER", "CREATE TABLE", "SQLite format", "secret_table"};

inline bool has_plaintext(const fs::path& folder) {
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string bytes = read_bytes(entry.path());
    for (const char* marker : kMarkers) {
      if (bytes.find(marker) != std::string::npos) return true;
    }
  }
  return false;
}

/// Rows of a table that every test store has.
inline void fill(SQLite::Database& db, int first, int count, std::size_t size = 300) {
  db.exec("CREATE TABLE IF NOT EXISTS secret_table(id INTEGER PRIMARY KEY, body TEXT)");
  SQLite::Transaction transaction(db);
  SQLite::Statement insert(db, "INSERT INTO secret_table VALUES(?, ?)");
  for (int i = first; i < first + count; ++i) {
    insert.bind(1, i);
    insert.bind(2, "PLAINTEXTMARKER " + std::string(size, static_cast<char>('a' + i % 26)));
    insert.exec();
    insert.reset();
  }
  transaction.commit();
}

inline int count_rows(SQLite::Database& db) { return db.execAndGet("SELECT count(*) FROM secret_table").getInt(); }
inline std::string integrity(SQLite::Database& db) { return db.execAndGet("PRAGMA integrity_check").getString(); }

/// A closed store with `rows` rows.
inline void make_store(const fs::path& path, int rows = 200, const DatabaseOptions& options = {}) {
  RawKey key = raw_key();
  EncryptedDatabase store = EncryptedDatabase::create(path, key, options);
  {
    SQLite::Database db = store.open_connection();
    fill(db, 1, rows);
  }
  store.close();
}

/// Copies a store while it is open, as a kill would leave it: main file and WAL.
inline void copy_as_killed(const fs::path& from, const fs::path& to) {
  fs::copy_file(from, to, fs::copy_options::overwrite_existing);
  const fs::path wal = from.string() + "-wal";
  if (fs::exists(wal)) fs::copy_file(wal, to.string() + "-wal", fs::copy_options::overwrite_existing);
}

/// What a fresh look at the store says: its rows, or the error.
struct Look {
  int rows = -1;
  Errc error{};
  bool is_ok = false;
};

Look look_at(const fs::path& path, const DatabaseOptions& options = {});

}  // namespace anochat::storage::test
