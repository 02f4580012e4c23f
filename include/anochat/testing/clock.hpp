// anochat/testing/clock.hpp - a clock that stands still until told otherwise.
#pragma once

#include <anochat/base/clock.hpp>
#include <atomic>

namespace anochat::testing {

/// Starts at 2030-01-01 00:00 UTC unless told otherwise. Safe to use from any thread.
class FakeClock final : public Clock {
 public:
  explicit FakeClock(UnixTime start = UnixTime{Milliseconds{1'893'456'000'000}}) noexcept
      : now_(start.time_since_epoch().count()) {}

  [[nodiscard]] UnixTime now() const override { return UnixTime{Milliseconds{now_.load()}}; }
  void advance(Milliseconds by) noexcept { now_ += by.count(); }
  void set(UnixTime to) noexcept { now_ = to.time_since_epoch().count(); }

 private:
  std::atomic<Milliseconds::rep> now_;
};

}  // namespace anochat::testing
