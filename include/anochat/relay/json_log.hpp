// anochat/relay/json_log.hpp - events as JSON, one line each.
#pragma once

#include <anochat/base/clock.hpp>
#include <anochat/base/log.hpp>

#include <functional>
#include <mutex>
#include <string_view>

namespace anochat {

/// {"time":"2030-01-01T00:00:00.000Z","level":"info","event":"relay.started","port":443}
///
/// Events and keys are literals and values are numbers, so no identifier can be in it. Safe to call from any thread:
/// the sink gets whole lines, with their newline, one at a time.
class JsonLog final : public Log {
 public:
  using Sink = std::function<void(std::string_view line)>;

  JsonLog(const Clock& clock, Sink sink, LogLevel least = LogLevel::info);
  void write(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) noexcept override;

 private:
  const Clock& clock_;
  Sink sink_;
  LogLevel least_;
  std::mutex mutex_;
};

}  // namespace anochat
