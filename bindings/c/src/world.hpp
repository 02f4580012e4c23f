// Clock, randomness and log as the C interface hands them to the engine.
#pragma once

#include <anochat/base/clock.hpp>
#include <anochat/base/log.hpp>
#include <anochat/base/random.hpp>

#include "handles.hpp"

#include <anochat.h>

#include <memory>

struct anochat_world;  // only anochat_testing.h makes handles of it

namespace anochat::c {

/// The machine's, unless anochat_testing.h has made another.
struct World {
  std::unique_ptr<Clock> clock;
  std::unique_ptr<Random> random;

  [[nodiscard]] UnixTime now() const { return clock->now(); }
};

[[nodiscard]] std::shared_ptr<World> system_world();

/// A log that calls the application.
class CallbackLog final : public Log {
 public:
  CallbackLog(anochat_log_function function, void* context, LogLevel least) noexcept
      : function_(function), context_(context), least_(least) {}
  void write(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) noexcept override;

 private:
  anochat_log_function function_;
  void* context_;
  LogLevel least_;
};

[[nodiscard]] std::unique_ptr<Log> log_of(anochat_log_function function, void* context, std::int32_t least);

}  // namespace anochat::c
