// json.hpp - one JSON object for one line of output.
#pragma once

#include <anochat/base/clock.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cli {

/// A JSON string with its quotes. Bytes that are no UTF-8 become U+FFFD, and what could fool a terminal is written as
/// \uXXXX, so that a line may be looked at as well as parsed.
[[nodiscard]] std::string json_string(std::string_view text);

/// Collects members in the order in which they are added.
class Json {
 public:
  Json& add(std::string_view key, std::string_view value) { return add_raw(key, json_string(value)); }
  Json& add(std::string_view key, const char* value) { return add(key, std::string_view(value)); }
  Json& add(std::string_view key, std::int64_t value) { return add_raw(key, std::to_string(value)); }
  Json& add(std::string_view key, int value) { return add(key, std::int64_t{value}); }
  Json& add(std::string_view key, bool value) { return add_raw(key, value ? "true" : "false"); }
  Json& add_null(std::string_view key) { return add_raw(key, "null"); }
  /// A time as milliseconds since 1970.
  Json& add(std::string_view key, anochat::UnixTime value) {
    return add(key, std::int64_t{value.time_since_epoch().count()});
  }
  template <class Value>
  Json& add(std::string_view key, const std::optional<Value>& value) {
    return value ? add(key, *value) : add_null(key);
  }
  /// A value that is JSON already, such as an array of objects.
  Json& add_raw(std::string_view key, std::string_view json);

  [[nodiscard]] std::string text() const { return "{" + members_ + "}"; }

 private:
  std::string members_;
};

}  // namespace cli
