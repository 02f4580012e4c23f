// storage/connection.hpp - one SQLite connection with a bounded cache of prepared statements.
#pragma once

#include <SQLiteCpp/Database.h>
#include <anochat/base/bytes.hpp>
#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <string_view>

#include "storage/query.hpp"

namespace anochat::storage::detail {

/// Owns a connection. One thread at a time.
///
/// Statements are prepared through SQLite's C functions: SQLiteCpp's Statement hides the extended result code until it
/// has thrown, and each column it reads takes part in the ownership of the statement, which a page of 50 messages pays
/// for 900 times.
class Connection {
 public:
  /// @param cached_statements  statements kept prepared, at least 1; the least recently used goes first
  Connection(SQLite::Database database, std::size_t cached_statements);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// A cached statement, ready for its parameters. A statement that writes is refused outside a WriteScope, so that a
  /// repository someone kept after its transaction cannot write by itself.
  /// @throws Error{Errc::wrong_state}  it writes, and no transaction is open
  [[nodiscard]] Query query(std::string_view sql);

  /// Runs statements that return nothing and are not worth caching.
  void exec(const std::string& sql, std::string_view where);

  /// Rows that the last INSERT, UPDATE or DELETE changed itself.
  [[nodiscard]] std::int64_t changes() const noexcept;
  [[nodiscard]] std::int64_t last_insert_id() const noexcept;
  [[nodiscard]] bool is_in_transaction() const noexcept;
  [[nodiscard]] std::size_t cached_statement_count() const noexcept { return statements_.size(); }
  void drop_statements() noexcept;
  /// Ends the transaction, if there is one. Needs no memory, since expect_roll_back() has prepared it.
  void roll_back() noexcept;
  /// Prepares the ROLLBACK of the transaction that begins. Anew each time: a change of the schema makes it expire.
  void expect_roll_back() { roll_back_.emplace(handle(), "ROLLBACK"); }
  [[nodiscard]] SQLite::Database& database() noexcept { return database_; }
  [[nodiscard]] sqlite3* handle() const noexcept { return database_.getHandle(); }

 private:
  friend class WriteScope;
  SQLite::Database database_;
  std::optional<Statement> roll_back_;
  std::list<Statement> statements_;  // most recently used first
  std::size_t most_;
  bool may_write_ = false;
};

/// BEGIN IMMEDIATE until commit() or, when that was not reached, ROLLBACK.
class WriteScope {
 public:
  WriteScope(Connection& connection, std::string_view where);
  ~WriteScope();
  WriteScope(const WriteScope&) = delete;
  WriteScope& operator=(const WriteScope&) = delete;

  /// Durable when it returns. After an error everything was rolled back.
  void commit();
  void roll_back() noexcept;

  void savepoint();
  void release();
  /// Undoes what happened since savepoint(). False when SQLite had to give up the whole transaction.
  [[nodiscard]] bool roll_back_to_savepoint() noexcept;

 private:
  Connection& connection_;
  bool is_open_ = true;
};

}  // namespace anochat::storage::detail
