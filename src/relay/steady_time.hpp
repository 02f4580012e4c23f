// relay/steady_time.hpp - a wall clock that cannot go back.
#pragma once

#include <anochat/base/clock.hpp>

#include <algorithm>

namespace anochat::relay {

/// Follows a clock, and goes on by itself where that steps back: limits still fill, and nothing that was stored
/// meanwhile expires when the clock is put right again. A step of more than a minute while behind is taken for such a
/// correction.
class SteadyTime {
 public:
  explicit SteadyTime(const Clock& clock) : clock_(clock), last_(clock.now()), own_(last_) {}

  UnixTime now() {
    const UnixTime seen = clock_.now();
    own_ = std::max(own_ + std::clamp(seen - last_, Milliseconds{0}, kMostStep), seen);
    last_ = seen;
    return own_;
  }

 private:
  static constexpr Milliseconds kMostStep{60'000};
  const Clock& clock_;
  UnixTime last_;
  UnixTime own_;
};

}  // namespace anochat::relay
