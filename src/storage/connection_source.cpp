#include "storage/connection_source.hpp"

#include <sqlite3.h>
#include <atomic>
#include <optional>

#include "storage/sqlite_failure.hpp"

namespace anochat::storage::detail {
namespace {

void set_pragmas(SQLite::Database& database, const ConnectionOptions& options) {
  sqlite3_db_config(database.getHandle(), SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  std::string sql =
      "PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA secure_delete = ON; "
      "PRAGMA temp_store = MEMORY; PRAGMA mmap_size = 0; PRAGMA cache_size = -";
  sql += std::to_string(options.cache_kib);
  if (options.access == Access::read) sql += "; PRAGMA query_only = ON";
  database.exec(sql);
}

class MemorySource final : public ConnectionSource {
 public:
  MemorySource() : name_(unused_name()) {
    keeper_.emplace(name_, kFlags);  // the database lives as long as one connection does
  }

  SQLite::Database open(const ConnectionOptions& options) override {
    return translated("storage.open", [&] {
      SQLite::Database database(name_, kFlags, options.busy_timeout_ms);
      set_pragmas(database, options);
      return database;
    });
  }
  bool is_in_memory() const noexcept override { return true; }
  void close() override { keeper_.reset(); }

 private:
  static constexpr int kFlags =
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;

  static std::string unused_name() {
    static std::atomic<std::uint64_t> count{0};
    return "file:/anochat-" + std::to_string(++count) + "?vfs=memdb";
  }

  std::string name_;
  std::optional<SQLite::Database> keeper_;
};

class PlainSource final : public ConnectionSource {
 public:
  explicit PlainSource(std::string path) : path_(std::move(path)) {}

  SQLite::Database open(const ConnectionOptions& options) override {
    return translated("storage.open", [&] {
      constexpr int kFlags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;
      SQLite::Database database(path_, kFlags, options.busy_timeout_ms, "unix-excl");
      database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 1000");
      set_pragmas(database, options);
      return database;
    });
  }

 private:
  std::string path_;
};

class EncryptedSource final : public ConnectionSource {
 public:
  explicit EncryptedSource(EncryptedDatabase database) : database_(std::move(database)) {}

  SQLite::Database open(const ConnectionOptions& options) override {
    return translated("storage.open", [&] { return database_.open_connection(options); });
  }
  EncryptedDatabase* encrypted() noexcept override { return &database_; }
  void close() override { database_.close(); }

 private:
  EncryptedDatabase database_;
};

}  // namespace

std::unique_ptr<ConnectionSource> memory_source() {
  return translated("storage.in_memory", [] { return std::make_unique<MemorySource>(); });
}

std::unique_ptr<ConnectionSource> encrypted_source(EncryptedDatabase database) {
  return std::make_unique<EncryptedSource>(std::move(database));
}

std::unique_ptr<ConnectionSource> plain_source(std::string path) {
  return std::make_unique<PlainSource>(std::move(path));
}

}  // namespace anochat::storage::detail
