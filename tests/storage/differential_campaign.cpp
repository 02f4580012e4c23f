#include <SQLiteCpp/SQLiteCpp.h>
#include <cstdio>
#include <random>
#include <sqlite3.h>

#include "campaign.hpp"
#include "workload.hpp"

namespace anochat::storage::test {
namespace {

/// Makes SQL statements that are often sensible and always deterministic.
class Author {
 public:
  explicit Author(std::uint32_t seed) : random_(seed) {}

  std::string next() {
    switch (below(26)) {
      case 0: return is_open_ ? "SELECT 1" : begin();
      case 1: return end();
      case 2: return "SAVEPOINT s" + number(3);
      case 3: return "ROLLBACK TO s" + number(3);
      case 4: return "RELEASE s" + number(3);
      case 5: return "CREATE INDEX IF NOT EXISTS i" + number(4) + " ON t" + number(3) + "(" + column() + ", id)";
      case 6: return "DROP INDEX IF EXISTS i" + number(4);
      case 7: return "DELETE FROM t" + number(3) + " WHERE id % " + number(9, 2) + " = 0 AND " + column() + " > " + number(1000);
      case 8:
      case 9: return "UPDATE t" + number(3) + " SET b = b || '" + text(40) + "', a = a + " + number(9) + " WHERE id % 17 = " + number(17);
      case 10: return "SELECT " + column() + ", count(*), sum(length(b)) FROM t" + number(3) + " GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 20";
      case 11: return "SELECT x.id, y.b FROM t" + number(3) + " x JOIN t" + number(3) + " y ON x.a = y.a ORDER BY x.c, x.id, y.id LIMIT 30";
      case 12: return "SELECT rowid, body FROM f WHERE f MATCH '" + word() + "' ORDER BY rank, rowid LIMIT 10";
      case 13: return "INSERT INTO f(body) VALUES('" + word() + " " + word() + " " + text(30) + "')";
      case 14: return is_open_ || below(12) != 0 ? "SELECT count(*) FROM f" : "VACUUM";
      case 15: return "INSERT INTO f(f) VALUES('" + std::string(below(2) == 0 ? "optimize" : "integrity-check") + "')";
      case 16: return "SELECT group_concat(b) FROM (SELECT b FROM t" + number(3) + " ORDER BY c DESC, id LIMIT 50)";
      case 17: return "WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM n WHERE i < " + number(150) +
                      ") INSERT INTO t" + number(3) + "(a, b, c) SELECT i * 7 % 101, printf('%0*d', i % 900, i), zeroblob(i % 70) FROM n";
      case 18: return "PRAGMA integrity_check";
      default: return "INSERT INTO t" + number(3) + "(a, b, c) VALUES(" + number(1000) + ", '" + text(3000) + "', x'" + hex(200) + "')";
    }
  }

 private:
  std::uint32_t below(std::uint32_t limit) { return static_cast<std::uint32_t>(random_() % limit); }
  std::string number(std::uint32_t limit, std::uint32_t least = 0) { return std::to_string(least + below(limit)); }
  std::string column() { return std::string(1, static_cast<char>('a' + below(3))); }
  std::string word() { return "w" + number(60); }
  std::string text(std::uint32_t most) { return std::string(below(most), static_cast<char>('a' + below(26))); }
  std::string hex(std::uint32_t most) { return std::string(2 * below(most), static_cast<char>('0' + below(10))); }
  std::string begin() {
    is_open_ = true;
    return "BEGIN";
  }
  std::string end() {
    is_open_ = false;
    return below(4) == 0 ? "ROLLBACK" : "COMMIT";
  }
  std::mt19937 random_;
  bool is_open_ = false;
};

/// Everything the statement answers, as text; or its error.
std::string answer(SQLite::Database& db, const std::string& sql) {
  std::string out;
  try {
    SQLite::Statement statement(db, sql);
    while (statement.executeStep()) {
      for (int i = 0; i < statement.getColumnCount(); ++i) {
        const SQLite::Column value = statement.getColumn(i);
        out += std::to_string(value.getType()) + ":" + value.getString() + "|";
      }
      out += '\n';
    }
    out += std::to_string(db.getTotalChanges());
  } catch (const SQLite::Exception& exception) {
    out += "error " + std::to_string(exception.getExtendedErrorCode()) + " " + exception.what();
  }
  return out;
}

}  // namespace

bool run_differential(const CampaignOptions& options, int statements) {
  std::filesystem::remove_all(options.folder);
  std::filesystem::create_directories(options.folder);
  RawKey key = campaign_key();
  DatabaseOptions database;
  database.cipher = options.cipher;
  const EncryptedDatabase store = EncryptedDatabase::create(options.folder / "sealed.db", key, database);
  SQLite::Database sealed = store.open_connection({Access::write, 256, 0});
  SQLite::Database plain((options.folder / "plain.db").string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  plain.exec("PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; PRAGMA foreign_keys=ON; PRAGMA cache_size=-256");
  sqlite3_extended_result_codes(plain.getHandle(), 1);
  for (SQLite::Database* db : {&sealed, &plain}) {
    for (const char* name : {"t0", "t1", "t2"}) {
      db->exec("CREATE TABLE " + std::string(name) + "(id INTEGER PRIMARY KEY, a INT, b TEXT, c BLOB)");
    }
    db->exec("CREATE VIRTUAL TABLE f USING fts5(body)");
  }
  Author author(options.seed);
  int differences = 0, errors = 0;
  for (int i = 0; i < statements && differences < 5; ++i) {
    const std::string sql = author.next();
    const std::string expected = answer(plain, sql), found = answer(sealed, sql);
    if (expected.find("error ") != std::string::npos) ++errors;
    if (expected == found) continue;
    std::printf("  statement %d: %s\n    plain:  %s\n    sealed: %s\n", i, sql.substr(0, 100).c_str(),
                expected.substr(0, 100).c_str(), found.substr(0, 100).c_str());
    ++differences;
  }
  const VfsCounters counters = store.counters();
  std::printf("differential: %d statements (%d errors on both sides), %d differences, %llu pages sealed, unknown shapes %llu, refused files %llu\n",
              statements, errors, differences, static_cast<unsigned long long>(counters.pages_sealed),
              static_cast<unsigned long long>(counters.unknown_shapes), static_cast<unsigned long long>(counters.refused_files));
  return differences == 0 && counters.unknown_shapes == 0 && counters.refused_files == 0;
}

}  // namespace anochat::storage::test
