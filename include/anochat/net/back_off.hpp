// anochat/net/back_off.hpp - how long to wait before the next attempt to connect.
#pragma once

#include <anochat/base/random.hpp>

#include <chrono>

namespace anochat {

struct BackOffOptions {
  std::chrono::milliseconds first{500};        ///< at least 1 ms
  std::chrono::milliseconds longest{120'000};  ///< at least `first`
};

/// Pauses that double from `first` to `longest`, each a random part between one half and the whole, so that clients
/// that were cut off together do not come back together.
class BackOff {
 public:
  /// @throws Error{Errc::invalid_argument}  an option out of range
  BackOff(BackOffOptions options, Random& random);

  /// The pause before the next attempt. @throws Error{Errc::random_failed}
  [[nodiscard]] std::chrono::milliseconds next();
  /// The longest pause, jittered, for who was told that trying again will not help.
  [[nodiscard]] std::chrono::milliseconds longest();
  /// At least as long as the other side asked for, at most twice as long, and never shorter than next().
  [[nodiscard]] std::chrono::milliseconds not_before(std::chrono::milliseconds hint);
  /// The connection was good: the next pause is a short one.
  void reset() noexcept { whole_ = options_.first; }

 private:
  [[nodiscard]] std::chrono::milliseconds part_of(std::chrono::milliseconds whole);

  BackOffOptions options_;
  Random& random_;
  std::chrono::milliseconds whole_;
};

}  // namespace anochat
