#include "workload.hpp"

#include <anochat/base/error.hpp>

#include <SQLiteCpp/SQLiteCpp.h>
#include <fstream>
#include <iterator>
#include <sqlite3.h>

namespace anochat::storage::test {

RawKey campaign_key() {
  StoreKey key;
  std::uint8_t value = 1;
  for (std::uint8_t& byte : key.expose_mutable()) byte = value = static_cast<std::uint8_t>(value * 7 + 3);
  return RawKey(std::move(key));
}

Workload::Workload(SQLite::Database& db, std::uint32_t seed, bool with_vacuum)
    : db_(db), random_(seed), with_vacuum_(with_vacuum), may_spill_(seed % 2 == 0) {
  db.exec(may_spill_ ? "PRAGMA cache_spill=ON" : "PRAGMA cache_spill=OFF");
  db.exec(
      "PRAGMA cache_size=-64; PRAGMA wal_autocheckpoint=150; BEGIN IMMEDIATE;"
      "CREATE TABLE IF NOT EXISTS rows(id INTEGER PRIMARY KEY, tx INTEGER NOT NULL, body TEXT);"
      "CREATE INDEX IF NOT EXISTS rows_tx ON rows(tx);"
      "CREATE TABLE IF NOT EXISTS counts(tx INTEGER PRIMARY KEY, n INTEGER);"
      "CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5(body);"
      "COMMIT");
  last_ = db.execAndGet("PRAGMA user_version").getInt();
}

void Workload::insert_rows(int rows) {
  SQLite::Statement row(db_, "INSERT INTO rows(tx, body) VALUES(?, ?)");
  SQLite::Statement words(db_, "INSERT INTO words(rowid, body) VALUES(?, ?)");
  for (int i = 0; i < rows; ++i) {
    const std::string text = std::string(kMarker) + " w" + std::to_string(below(500)) + " " +
                             std::string(below(3000), static_cast<char>('a' + below(26)));
    row.bind(1, last_ + 1);
    row.bind(2, text);
    row.exec();
    row.reset();
    words.bind(1, static_cast<std::int64_t>(db_.getLastInsertRowid()));
    words.bind(2, text.substr(0, 40));
    words.exec();
    words.reset();
  }
}

void Workload::step() {
  const int rows = below(12) == 0 ? 200 + static_cast<int>(below(400)) : 1 + static_cast<int>(below(6));
  db_.exec("BEGIN IMMEDIATE");
  try {
    insert_rows(rows);
    if (!may_spill_ && below(4) == 0) {
      db_.exec("SAVEPOINT s; UPDATE rows SET body = body || 'x' WHERE id % 3 = 0 AND id > (SELECT max(id) - 300 FROM rows);"
               "ROLLBACK TO s; RELEASE s");
    }
    if (below(5) == 0) db_.exec("UPDATE rows SET body = substr(body, 2) WHERE id % 7 = 0 AND id > (SELECT max(id) - 200 FROM rows)");
    db_.exec("INSERT INTO counts VALUES(" + std::to_string(last_ + 1) + ", " + std::to_string(rows) + ")");
    if (below(6) == 0) {
      db_.exec("CREATE TEMP TABLE IF NOT EXISTS old(tx); DELETE FROM old; INSERT INTO old SELECT tx FROM counts ORDER BY tx LIMIT 8;"
               "DELETE FROM words WHERE rowid IN (SELECT id FROM rows WHERE tx IN old);"
               "DELETE FROM rows WHERE tx IN old; DELETE FROM counts WHERE tx IN old");
    }
    db_.exec("PRAGMA user_version=" + std::to_string(last_ + 1));
    db_.exec("COMMIT");
  } catch (...) {
    try {
      if (sqlite3_get_autocommit(db_.getHandle()) == 0) db_.exec("ROLLBACK");
    } catch (const SQLite::Exception&) {  // the first error is the one that counts
    }
    throw;
  }
  ++last_;
  if (with_vacuum_ && below(80) == 0) db_.exec("VACUUM");
}

namespace {

bool is_index_good(SQLite::Database& db) {
  try {
    db.exec("INSERT INTO words(words) VALUES('integrity-check')");
    return true;
  } catch (const SQLite::Exception& exception) {
    if (exception.getExtendedErrorCode() != SQLITE_CORRUPT_VTAB) throw;
    return false;
  }
}

}  // namespace

Verdict verify(const std::filesystem::path& store, const DatabaseOptions& options) {
  Verdict verdict;
  try {
    RawKey key = campaign_key();
    const EncryptedDatabase database = EncryptedDatabase::open(store, key, options);
    SQLite::Database db = database.open_connection();
    const std::string integrity = db.execAndGet("PRAGMA integrity_check").getString();
    verdict.last = db.execAndGet("PRAGMA user_version").getInt();
    if (integrity != "ok") verdict.problem = integrity;
    if (verdict.last > 0) {
      const int torn = db.execAndGet("SELECT count(*) FROM counts WHERE n <> (SELECT count(*) FROM rows WHERE rows.tx = counts.tx)").getInt();
      if (torn != 0) verdict.problem += " torn transactions";
      if (verdict.problem.empty() && !is_index_good(db)) {
        db.exec("INSERT INTO words(words) VALUES('rebuild')");
        verdict.is_index_stale = is_index_good(db);
        verdict.problem = "the full-text index does not fit its rows";
      }
    }
    if (database.counters().unknown_shapes != 0) {
      verdict.problem += " unknown shapes of input or output";
      verdict.is_index_stale = false;
    }
    verdict.is_ok = verdict.problem.empty();
  } catch (const std::exception& exception) {
    verdict.problem = exception.what();
    verdict.is_index_stale = false;
  }
  return verdict;
}

std::string find_plaintext(const std::filesystem::path& folder) {
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    for (const char* word : {kMarker, "CREATE ", "SQLite format", "INTEGER", "aaaaaaaaaaaa", "zzzzzzzzzzzz"}) {
      if (bytes.find(word) != std::string::npos) return entry.path().string() + ": " + word;
    }
  }
  return {};
}

}  // namespace anochat::storage::test
