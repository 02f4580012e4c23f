// net/asio_loop_base.hpp - what every loop of this layer is.
#pragma once

#include <anochat/net/io_loop.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <map>
#include <memory>

namespace anochat::net {

namespace asio = boost::asio;

/// What works in a loop keeps this alive, and not its thread.
class AsioLoop : public IoLoop, public std::enable_shared_from_this<AsioLoop> {
 public:
  void post(std::function<void()> work) override;
  Timer call_after(std::chrono::milliseconds delay, std::function<void()> work) override;
  void cancel(Timer timer) noexcept override;
  /// Of everything that works in this loop; it runs one handler at a time.
  [[nodiscard]] virtual asio::any_io_executor executor() const = 0;

 protected:
  void forget_timers() noexcept { timers_.clear(); }

 private:
  std::map<Timer, asio::steady_timer> timers_;
  Timer next_timer_ = 1;
};

/// @throws Error{Errc::invalid_argument}  the loop is of another kind
[[nodiscard]] std::shared_ptr<AsioLoop> asio_loop(const std::shared_ptr<IoLoop>& loop);

}  // namespace anochat::net
