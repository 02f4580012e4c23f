// storage/query.hpp - a prepared statement, its parameters, and typed access to its rows.
#pragma once

#include <anochat/base/bytes.hpp>
#include <anochat/base/clock.hpp>
#include <anochat/base/secret.hpp>
#include <array>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

struct sqlite3;
struct sqlite3_stmt;

namespace anochat::storage::detail {

/// One prepared statement of a connection's cache.
class Statement {
 public:
  Statement(sqlite3* database, std::string_view sql);
  ~Statement();
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  [[nodiscard]] std::string_view sql() const noexcept { return sql_; }
  [[nodiscard]] bool writes() const noexcept { return writes_; }
  [[nodiscard]] bool is_in_use() const noexcept { return is_in_use_; }

 private:
  friend class Query;
  std::string sql_;
  sqlite3_stmt* handle_ = nullptr;
  bool writes_ = false;
  bool is_in_use_ = false;
};

/// Lends a statement for one execution; resets it and forgets its parameters when destroyed.
///
/// Text and bytes are borrowed, not copied: what is bound must live until the last step.
class Query {
 public:
  explicit Query(Statement& statement) noexcept;
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;
  ~Query();

  template <class... Values>
  Query& bind(const Values&... values) {
    (bind_next(values), ...);
    return *this;
  }

  /// For statements whose later parameters are not always there.
  template <class Value>
  void bind_at(int index, const Value& value) {
    next_ = index;
    bind_next(value);
  }

  /// Moves to the next row; false at the end.
  bool step();
  /// Runs a statement that returns no row.
  void run() {
    while (step()) {
    }
  }

  [[nodiscard]] bool is_null(int column) const noexcept;
  [[nodiscard]] bool is_integer(int column) const noexcept;
  [[nodiscard]] bool is_text(int column) const noexcept;
  [[nodiscard]] std::int64_t i64(int column) const noexcept;
  [[nodiscard]] double real(int column) const noexcept;
  [[nodiscard]] bool flag(int column) const noexcept { return i64(column) != 0; }
  [[nodiscard]] std::string text(int column) const;
  [[nodiscard]] Bytes bytes(int column) const;
  [[nodiscard]] SecretBytes secret(int column) const;
  [[nodiscard]] UnixTime time(int column) const noexcept { return UnixTime{Milliseconds{i64(column)}}; }
  [[nodiscard]] ByteView view(int column) const;  ///< valid until the next step

  template <class Number>
  [[nodiscard]] Number as(int column) const noexcept {
    return static_cast<Number>(i64(column));
  }
  /// @throws Error{Errc::store_corrupt}  the value does not have N bytes
  template <std::size_t N>
  [[nodiscard]] ByteArray<N> array(int column) const {
    ByteArray<N> out;
    copy_exactly(column, out);
    return out;
  }
  template <std::size_t N>
  [[nodiscard]] std::optional<ByteArray<N>> optional_array(int column) const {
    return is_null(column) ? std::nullopt : std::optional(array<N>(column));
  }
  template <class SecretType>
  [[nodiscard]] SecretType key(int column) const {
    SecretType out;
    copy_exactly(column, out.expose_mutable());
    return out;
  }
  [[nodiscard]] std::optional<UnixTime> optional_time(int column) const noexcept {
    return is_null(column) ? std::nullopt : std::optional(time(column));
  }
  template <class Number>
  [[nodiscard]] std::optional<Number> optional_as(int column) const noexcept {
    return is_null(column) ? std::nullopt : std::optional(as<Number>(column));
  }
  [[nodiscard]] std::optional<Bytes> optional_bytes(int column) const {
    return is_null(column) ? std::nullopt : std::optional(bytes(column));
  }

 private:
  void bind_number(std::int64_t value);
  void bind_text(std::string_view value);
  void bind_bytes(ByteView value);
  void bind_null();
  void copy_exactly(int column, MutableByteView out) const;

// GCC 12 takes the value of an empty optional, which is never read, for uninitialised.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
  template <class Value>
  void bind_next(const Value& value) {
    if constexpr (std::is_same_v<Value, UnixTime>) {
      bind_number(value.time_since_epoch().count());
    } else if constexpr (std::is_same_v<Value, std::nullopt_t>) {
      bind_null();
    } else if constexpr (std::is_enum_v<Value> || std::is_integral_v<Value>) {
      bind_number(static_cast<std::int64_t>(value));
    } else if constexpr (std::is_convertible_v<const Value&, std::string_view>) {
      bind_text(value);
    } else if constexpr (requires { value.count(); value.period::den; }) {
      bind_number(value.count());
    } else {
      bind_bytes(ByteView(value));
    }
  }
  template <class Value>
  void bind_next(const std::optional<Value>& value) {
    if (value) {
      bind_next(*value);
    } else {
      bind_null();
    }
  }
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

  Statement* statement_;
  int next_ = 1;
};

}  // namespace anochat::storage::detail
