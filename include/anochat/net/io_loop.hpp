// anochat/net/io_loop.hpp - where network work runs: one thing at a time, in order.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

namespace anochat {

/// Runs work in order and one piece at a time. Everything of the net layer that belongs to a loop is called by it and
/// calls back in it, so that none of it needs a lock.
class IoLoop {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using Timer = std::uint64_t;

  virtual ~IoLoop() = default;
  /// From any thread. Work must throw nothing.
  virtual void post(std::function<void()> work) = 0;
  /// Runs work once, not before `delay` is over. In the loop only, as cancel().
  virtual Timer call_after(std::chrono::milliseconds delay, std::function<void()> work) = 0;
  /// The work will not run any more. Nothing happens when it has.
  virtual void cancel(Timer timer) noexcept = 0;
  /// Whether the caller is work of this loop.
  [[nodiscard]] virtual bool is_inside() const noexcept = 0;
  [[nodiscard]] virtual Time now() const noexcept { return std::chrono::steady_clock::now(); }
};

/// A loop with a thread of its own, which ends with the last owner. An owner that is let go inside the loop leaves the
/// thread to end by itself. net/asio_loop.hpp makes a loop of an application's own executor.
/// @throws Error{Errc::io_failed}  the system gives no thread or descriptor
[[nodiscard]] std::shared_ptr<IoLoop> make_io_thread();

}  // namespace anochat
