#include "driver/event_signal.hpp"

#include <anochat/base/error.hpp>

#include <cstdint>
#include <sys/eventfd.h>
#include <unistd.h>

namespace anochat::driver {

EventSignal::EventSignal() : descriptor_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (descriptor_ < 0) throw Error(Errc::io_failed, "driver.event_fd");
}

EventSignal::~EventSignal() { close(descriptor_); }

void EventSignal::set(bool is_on) noexcept {
  if (is_on == is_on_) return;
  std::uint64_t value = 1;
  // The counter is 0 or 1 and ours alone, so neither call can fail or wait.
  const ssize_t moved = is_on ? write(descriptor_, &value, sizeof value) : read(descriptor_, &value, sizeof value);
  if (moved == sizeof value) is_on_ = is_on;
}

}  // namespace anochat::driver
