// sql.hpp - one connection of SQLite, of SQLCipher or of AnoChat's encrypted store, for the same SQL.
#pragma once

#include <memory>
#include <string>

struct sqlite3;
struct sqlite3_stmt;

namespace peers {

/// The functions of one SQLite library. SQLCipher exports SQLite's names, so it is loaded by hand and kept apart.
struct SqlLibrary;

class Sql {
 public:
  virtual ~Sql() = default;
  [[nodiscard]] virtual sqlite3* handle() const noexcept = 0;
  [[nodiscard]] virtual const SqlLibrary& library() const noexcept = 0;
  void exec(const std::string& sql) const;
};

/// @param engine  "sqlite", "sqlcipher" or "anochat"
/// @throws std::runtime_error  another name, or SQLCipher is not installed
[[nodiscard]] std::unique_ptr<Sql> open_sql(const std::string& engine, const std::string& folder);

/// The release of the library behind it.
[[nodiscard]] std::string version_of(const Sql& sql);

/// A prepared statement. Parameters are bound in turn; reset by run() and by count().
class SqlStatement {
 public:
  SqlStatement(const Sql& sql, const char* text);
  ~SqlStatement();
  SqlStatement(const SqlStatement&) = delete;
  SqlStatement& operator=(const SqlStatement&) = delete;

  void bind(int index, long long value) const;
  void bind(int index, const std::string& text) const;  ///< borrowed until the statement has run
  void run() const;
  [[nodiscard]] int count() const;  ///< rows, each with its last column read

 private:
  const Sql& sql_;
  sqlite3_stmt* statement_ = nullptr;
};

}  // namespace peers
