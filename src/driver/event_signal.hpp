// driver/event_signal.hpp - a descriptor that can be read while events wait.
#pragma once

namespace anochat::driver {

class EventSignal {
 public:
  /// @throws Error{Errc::io_failed}  the system gives no descriptor
  EventSignal();
  ~EventSignal();
  EventSignal(const EventSignal&) = delete;
  EventSignal& operator=(const EventSignal&) = delete;

  void set(bool is_on) noexcept;
  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }

 private:
  int descriptor_;
  bool is_on_ = false;
};

}  // namespace anochat::driver
