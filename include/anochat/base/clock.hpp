// anochat/base/clock.hpp - time as something that is handed in.
#pragma once

#include <chrono>

namespace anochat {

using Milliseconds = std::chrono::milliseconds;
using UnixTime = std::chrono::sys_time<Milliseconds>;  ///< since 1970-01-01 UTC, in milliseconds

/// Where an object gets its time from. Implementations must be safe to call from any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  /// The wall clock. May step backwards when the user sets it.
  [[nodiscard]] virtual UnixTime now() const = 0;
};

/// The machine's clock.
class SystemClock final : public Clock {
 public:
  [[nodiscard]] UnixTime now() const override;
};

}  // namespace anochat
