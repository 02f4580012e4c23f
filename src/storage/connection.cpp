#include "storage/connection.hpp"

#include <sqlite3.h>
#include <algorithm>
#include <utility>

#include "storage/sqlite_failure.hpp"

namespace anochat::storage::detail {

Connection::Connection(SQLite::Database database, std::size_t cached_statements)
    : database_(std::move(database)), most_(std::max<std::size_t>(cached_statements, 1)) {
  sqlite3_extended_result_codes(handle(), 1);
}

Connection::~Connection() {  // before the connection closes
  roll_back_.reset();
  drop_statements();
}

Query Connection::query(std::string_view sql) {
  constexpr std::string_view kWhere = "storage.query";
  const auto found = std::find_if(statements_.begin(), statements_.end(),
                                  [&](const Statement& s) { return s.sql() == sql && !s.is_in_use(); });
  if (found != statements_.end()) {
    statements_.splice(statements_.begin(), statements_, found);
  } else {
    statements_.emplace_front(handle(), sql);
    if (statements_.size() > most_) {
      const auto oldest = std::find_if(statements_.rbegin(), statements_.rend(),
                                       [](const Statement& s) { return !s.is_in_use(); });
      if (oldest != statements_.rend() && std::next(oldest).base() != statements_.begin()) {
        statements_.erase(std::next(oldest).base());
      }
    }
  }
  Statement& statement = statements_.front();
  if (!may_write_ && statement.writes()) throw Error(Errc::wrong_state, kWhere);
  return Query(statement);
}

void Connection::exec(const std::string& sql, std::string_view where) {
  const int code = sqlite3_exec(handle(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) raise(sqlite3_extended_errcode(handle()), where);
}

std::int64_t Connection::changes() const noexcept { return sqlite3_changes64(handle()); }
std::int64_t Connection::last_insert_id() const noexcept { return sqlite3_last_insert_rowid(handle()); }
bool Connection::is_in_transaction() const noexcept { return sqlite3_get_autocommit(handle()) == 0; }
void Connection::drop_statements() noexcept { statements_.clear(); }

void Connection::roll_back() noexcept {
  if (!is_in_transaction()) return;
  try {
    if (!roll_back_) expect_roll_back();
    Query(*roll_back_).run();
  } catch (...) {  // SQLite rolls back by itself when the next connection opens the file, and the next scope tries again
  }
}

WriteScope::WriteScope(Connection& connection, std::string_view where) : connection_(connection) {
  if (connection.may_write_) throw Error(Errc::wrong_state, where);
  connection.roll_back();  // of a scope that could not
  connection.expect_roll_back();
  connection.exec("BEGIN IMMEDIATE", where);
  connection.may_write_ = true;
}

WriteScope::~WriteScope() { roll_back(); }

void WriteScope::commit() {
  if (!is_open_) throw Error(Errc::wrong_state, "storage.commit");
  if (!connection_.is_in_transaction()) {  // SQLite rolled back by itself after an earlier error that someone caught
    roll_back();
    throw Error(Errc::io_failed, "storage.commit");
  }
  try {
    connection_.exec("COMMIT", "storage.commit");
  } catch (...) {
    roll_back();
    throw;
  }
  is_open_ = false;
  connection_.may_write_ = false;
}

void WriteScope::roll_back() noexcept {
  if (!is_open_) return;
  is_open_ = false;
  connection_.may_write_ = false;
  connection_.roll_back();
}

void WriteScope::savepoint() { connection_.exec("SAVEPOINT job", "storage.savepoint"); }
void WriteScope::release() { connection_.exec("RELEASE job", "storage.savepoint"); }

bool WriteScope::roll_back_to_savepoint() noexcept {
  if (!connection_.is_in_transaction()) return false;
  return sqlite3_exec(connection_.handle(), "ROLLBACK TO job; RELEASE job", nullptr, nullptr, nullptr) == SQLITE_OK;
}

}  // namespace anochat::storage::detail
