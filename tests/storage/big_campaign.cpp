#include <chrono>
#include <cstdio>

#include "campaign.hpp"
#include "workload.hpp"

namespace anochat::storage::test {
namespace {

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

bool run_big(const CampaignOptions& options, int megabytes) {
  std::filesystem::remove_all(options.folder);
  std::filesystem::create_directories(options.folder);
  const auto path = options.folder / "big.db";
  RawKey key = campaign_key();
  DatabaseOptions database;
  database.cipher = options.cipher;
  const auto start = std::chrono::steady_clock::now();
  std::uint64_t holes = 0;
  {
    EncryptedDatabase store = EncryptedDatabase::create(path, key, database);
    {
      SQLite::Database db = store.open_connection();
      db.exec("CREATE TABLE blobs(id INTEGER PRIMARY KEY, body BLOB)");
      for (int i = 0; i < megabytes; i += 16) {
        db.exec("WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM n WHERE i < 256)"
                "INSERT INTO blobs(body) SELECT randomblob(65536) FROM n");
      }
    }
    holes = store.counters().holes_filled;
    store.close();
  }
  const double written = seconds_since(start);
  const EncryptedDatabase store = EncryptedDatabase::open(path, key);
  SQLite::Database db = store.open_connection();
  const auto middle = std::chrono::steady_clock::now();
  const std::string integrity = db.execAndGet("PRAGMA integrity_check").getString();
  const int good = db.execAndGet("SELECT count(*) FROM blobs WHERE length(body) = 65536").getInt();
  db.exec("DELETE FROM blobs WHERE id % 2 = 0; INSERT INTO blobs(body) VALUES(randomblob(100000))");
  db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  const std::uint64_t holes_expected = megabytes > 1040 ? 1 : 0;
  const bool is_ok = holes == holes_expected && integrity == "ok" && good == (megabytes + 15) / 16 * 256 && store.counters().pages_rejected == 0 &&
                     db.execAndGet("PRAGMA quick_check").getString() == "ok";
  std::printf("big: %.2f GiB, written in %.1f s, checked in %.1f s, integrity %s, %d blobs, holes filled %llu\n",
              static_cast<double>(std::filesystem::file_size(path)) / (1 << 30), written, seconds_since(middle),
              integrity.c_str(), good,
              static_cast<unsigned long long>(holes));
  return is_ok;
}

}  // namespace anochat::storage::test
