// relay/database.hpp - one SQLite file, its prepared statements, and the open group of changes.
#pragma once

#include <anochat/base/bytes.hpp>
#include <anochat/base/error.hpp>

#include <algorithm>
#include <array>
#include <concepts>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace anochat::relay {

/// One execution of a prepared statement. What is bound is borrowed and must live until the last step. Reset when
/// destroyed.
class Query {
 public:
  explicit Query(sqlite3_stmt* statement) noexcept : statement_(statement) {}
  ~Query();
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  template <class... Values>
  Query& bind(const Values&... values) {
    (bind_next(values), ...);
    return *this;
  }
  /// Moves to the next row; false at the end.
  bool step();
  /// For statements without rows. @return rows that it changed
  std::size_t run();

  [[nodiscard]] std::int64_t i64(int column) const noexcept;
  template <class Number>
  [[nodiscard]] Number as(int column) const noexcept {
    return static_cast<Number>(i64(column));
  }
  [[nodiscard]] ByteView view(int column) const;  ///< valid until the next step
  [[nodiscard]] Bytes bytes(int column) const;
  /// @throws Error{Errc::store_corrupt}  another length
  template <std::size_t N>
  [[nodiscard]] ByteArray<N> array(int column) const {
    const ByteView value = view(column);
    if (value.size() != N) throw Error(Errc::store_corrupt, "relay.query");
    ByteArray<N> out;
    std::copy(value.begin(), value.end(), out.begin());
    return out;
  }

 private:
  void bind_number(std::int64_t value);
  void bind_bytes(ByteView value);
  template <class Value>
  void bind_next(const Value& value) {
    if constexpr (std::integral<Value> || std::is_enum_v<Value>) {
      bind_number(static_cast<std::int64_t>(value));
    } else {
      bind_bytes(ByteView(value));
    }
  }

  sqlite3_stmt* statement_;
  int next_ = 1;
};

/// Throws what an SQLite result code other than SQLITE_OK means: an Error, or std::bad_alloc.
[[noreturn]] void raise(int code);

class Database {
 public:
  /// Opens the file, or makes it with mode 0600. `schema` makes version 1 of the tables; `application` is written into
  /// the file and tells it apart from others.
  Database(const std::string& path, std::uint32_t application, const char* schema);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  /// @param sql  a literal: statements are kept by its address
  [[nodiscard]] Query read(const char* sql) { return Query(prepared(sql)); }
  /// The same inside the open group, which begins with the first.
  [[nodiscard]] Query write(const char* sql);

  /// Opens the group if it is not: for changes that are written at its end.
  void begin();

  [[nodiscard]] bool is_open() const noexcept { return is_group_open_; }
  void commit();
  void roll_back() noexcept;

 private:
  sqlite3_stmt* prepared(const char* sql);
  void exec(const char* sql);
  void set_up(std::uint32_t application, const char* schema);
  void close() noexcept;

  sqlite3* handle_ = nullptr;
  std::map<const char*, sqlite3_stmt*> statements_;
  bool is_group_open_ = false;
};

}  // namespace anochat::relay
