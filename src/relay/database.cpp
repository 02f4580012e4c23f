#include "relay/database.hpp"

#include <sqlite3.h>

#include <fcntl.h>
#include <new>
#include <string>
#include <unistd.h>

namespace anochat::relay {
namespace {

constexpr std::string_view kWhere = "relay.database";
constexpr std::int64_t kSchemaVersion = 1;

void check(int code) {
  if (code != SQLITE_OK) raise(code);
}

}  // namespace

void raise(int code) {
  if (code == SQLITE_IOERR_NOMEM) throw std::bad_alloc();
  switch (code & 0xff) {
    case SQLITE_NOMEM:
      throw std::bad_alloc();
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      throw Error(Errc::store_busy, kWhere);
    case SQLITE_FULL:
      throw Error(Errc::disk_full, kWhere);
    case SQLITE_NOTADB:
      throw Error(Errc::not_a_store, kWhere);
    case SQLITE_CORRUPT:
      throw Error(Errc::store_corrupt, kWhere);
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
      throw Error(Errc::io_failed, kWhere);
    case SQLITE_READONLY:
    case SQLITE_PERM:
      throw Error(Errc::read_only, kWhere);
    default:
      throw Error(Errc::internal, kWhere);
  }
}

Query::~Query() {
  sqlite3_reset(statement_);  // repeats the error that step() has reported
  sqlite3_clear_bindings(statement_);
}

bool Query::step() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  raise(sqlite3_extended_errcode(sqlite3_db_handle(statement_)));
}

std::size_t Query::run() {
  while (step()) {
  }
  return static_cast<std::size_t>(sqlite3_changes64(sqlite3_db_handle(statement_)));
}

std::int64_t Query::i64(int column) const noexcept { return sqlite3_column_int64(statement_, column); }

ByteView Query::view(int column) const {
  const void* data = sqlite3_column_blob(statement_, column);  // asks before the length: it may convert
  const int size = sqlite3_column_bytes(statement_, column);
  if (data == nullptr && sqlite3_errcode(sqlite3_db_handle(statement_)) == SQLITE_NOMEM) throw std::bad_alloc();
  return {static_cast<const std::uint8_t*>(data), static_cast<std::size_t>(size)};
}

Bytes Query::bytes(int column) const {
  const ByteView value = view(column);
  return {value.begin(), value.end()};
}

void Query::bind_number(std::int64_t value) { check(sqlite3_bind_int64(statement_, next_++, value)); }

void Query::bind_bytes(ByteView value) {
  const void* data = value.data() != nullptr ? static_cast<const void*>(value.data()) : "";  // null would bind NULL
  check(sqlite3_bind_blob64(statement_, next_++, data, value.size(), SQLITE_STATIC));
}

Database::Database(const std::string& path, std::uint32_t application, const char* schema) {
  // SQLite would make it readable for everybody; its WAL gets the mode of the file.
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) throw Error(Errc::io_failed, kWhere);
  ::close(file);
  try {
    check(sqlite3_open_v2(path.c_str(), &handle_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
                          nullptr));
    set_up(application, schema);
  } catch (...) {
    close();
    throw;
  }
}

Database::~Database() { close(); }

void Database::close() noexcept {
  roll_back();
  for (const auto& [sql, statement] : statements_) sqlite3_finalize(statement);
  sqlite3_close(handle_);
}

void Database::set_up(std::uint32_t application, const char* schema) {
  const auto number = [this](const char* sql) {
    Query query = read(sql);
    return query.step() ? query.i64(0) : 0;
  };
  exec("PRAGMA trusted_schema = OFF");
  exec("PRAGMA locking_mode = EXCLUSIVE");  // one process; and no shared memory file
  const std::int64_t owner = number("PRAGMA application_id");
  const bool is_new = owner == 0 && number("SELECT count(*) FROM sqlite_schema") == 0;
  if (!is_new && owner != application) throw Error(Errc::not_a_store, kWhere);
  if (number("PRAGMA user_version") > kSchemaVersion) throw Error(Errc::newer_schema, kWhere);
  exec("PRAGMA journal_mode = WAL");
  exec("PRAGMA synchronous = FULL");
  exec("PRAGMA wal_autocheckpoint = 12000");     // pages, 48 MB: what changes often is copied back once
  exec("PRAGMA journal_size_limit = 67108864");  // bytes of a WAL that is kept
  exec("PRAGMA cache_size = -32768");            // KiB
  exec("BEGIN IMMEDIATE");                       // takes the lock now, not with the first message
  if (is_new) {
    exec(schema);
    exec(("PRAGMA application_id = " + std::to_string(application)).c_str());
    exec("PRAGMA user_version = 1");
  }
  exec("COMMIT");
}

void Database::exec(const char* sql) {
  if (sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) raise(sqlite3_extended_errcode(handle_));
}

sqlite3_stmt* Database::prepared(const char* sql) {
  sqlite3_stmt*& statement = statements_[sql];
  if (statement == nullptr) check(sqlite3_prepare_v3(handle_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr));
  return statement;
}

Query Database::write(const char* sql) {
  sqlite3_stmt* statement = prepared(sql);
  begin();
  return Query(statement);
}

void Database::begin() {
  if (!is_group_open_) {
    exec("BEGIN IMMEDIATE");
    is_group_open_ = true;
  } else if (sqlite3_get_autocommit(handle_) != 0) {
    throw Error(Errc::io_failed, kWhere);  // SQLite gave the group up after an error; this change must not stand alone
  }
}

void Database::commit() {
  if (!is_group_open_) return;
  if (sqlite3_get_autocommit(handle_) != 0) throw Error(Errc::io_failed, kWhere);
  exec("COMMIT");
  is_group_open_ = false;
}

void Database::roll_back() noexcept {
  // No error can be acted on: SQLite rolls back by itself when the file is opened next.
  if (is_group_open_ && sqlite3_get_autocommit(handle_) == 0) {
    sqlite3_exec(handle_, "ROLLBACK", nullptr, nullptr, nullptr);
  }
  is_group_open_ = false;
}

}  // namespace anochat::relay
