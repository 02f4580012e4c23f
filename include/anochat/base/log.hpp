// anochat/base/log.hpp - where the library reports what it does, without secrets, names or content.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>

namespace anochat {

enum class LogLevel : std::uint8_t { debug, info, warning, error };

[[nodiscard]] std::string_view name_of(LogLevel level) noexcept;

/// One number that belongs to an event: a count, a size in bytes, a time in ms. Text values do not exist on purpose,
/// so that no user data can slip into a log.
struct LogField {
  std::string_view key;  ///< a literal
  std::int64_t value;
};

/// Receives events. Implementations must be safe to call from any thread and must not call back into the library.
class Log {
 public:
  virtual ~Log() = default;
  /// @param event  a literal such as "store.checkpoint"
  virtual void write(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) noexcept = 0;

  void debug(std::string_view event, std::initializer_list<LogField> fields = {}) noexcept {
    write(LogLevel::debug, event, fields);
  }
  void info(std::string_view event, std::initializer_list<LogField> fields = {}) noexcept {
    write(LogLevel::info, event, fields);
  }
  void warning(std::string_view event, std::initializer_list<LogField> fields = {}) noexcept {
    write(LogLevel::warning, event, fields);
  }
  void error(std::string_view event, std::initializer_list<LogField> fields = {}) noexcept {
    write(LogLevel::error, event, fields);
  }
};

/// Says nothing: the default.
class NullLog final : public Log {
 public:
  void write(LogLevel /*level*/, std::string_view /*event*/, std::initializer_list<LogField> /*fields*/) noexcept override {}
};

/// One line per event on stderr, from `least` upwards: `warning store.checkpoint pages=12`.
class StderrLog final : public Log {
 public:
  explicit StderrLog(LogLevel least = LogLevel::warning) noexcept : least_(least) {}
  void write(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) noexcept override;

 private:
  LogLevel least_;
};

}  // namespace anochat
