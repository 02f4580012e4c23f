#include <anochat/base/error.hpp>
#include <anochat/net/asio_loop.hpp>

#include "net/asio_loop_base.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/system/system_error.hpp>

#include <atomic>
#include <system_error>
#include <thread>
#include <utility>

namespace anochat {
namespace net {

void AsioLoop::post(std::function<void()> work) { asio::post(executor(), std::move(work)); }

IoLoop::Timer AsioLoop::call_after(std::chrono::milliseconds delay, std::function<void()> work) {
  const Timer timer = next_timer_++;
  auto& added = timers_.emplace(timer, asio::steady_timer(executor(), delay)).first->second;
  added.async_wait([self = weak_from_this(), timer, work = std::move(work)](boost::system::error_code error) {
    const auto loop = self.lock();
    if (error || !loop || loop->timers_.erase(timer) == 0) return;  // cancelled, even if it was on its way already
    work();
  });
  return timer;
}

void AsioLoop::cancel(Timer timer) noexcept { timers_.erase(timer); }

namespace {

class OwnContext final : public AsioLoop {
 public:
  OwnContext() : work_(context_->get_executor()) {}

  void run() {
    thread_ = std::this_thread::get_id();
    context_->run();
    if (clears_itself_) clear();
  }
  void stop() { context_->stop(); }
  /// The same in the loop's own thread, where nobody can wait for its end.
  void stop_and_clear() {
    clears_itself_ = true;
    stop();
  }
  /// Destroys what still waits, and with it what that keeps alive. After run().
  void clear() noexcept {
    forget_timers();
    work_.reset();
    context_.reset();
  }
  [[nodiscard]] bool is_inside() const noexcept override { return std::this_thread::get_id() == thread_.load(); }
  [[nodiscard]] asio::any_io_executor executor() const override { return context_->get_executor(); }

 private:
  std::unique_ptr<asio::io_context> context_ = std::make_unique<asio::io_context>(1);
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  std::atomic<std::thread::id> thread_{};
  bool clears_itself_ = false;  // the thread's
};

class IoThread final : public IoLoop {
 public:
  IoThread() : inner_(std::make_shared<OwnContext>()) {
    thread_ = std::thread([inner = inner_] { inner->run(); });
  }
  ~IoThread() override {
    if (inner_->is_inside()) {
      inner_->stop_and_clear();
      thread_.detach();
    } else {
      inner_->stop();
      thread_.join();
      inner_->clear();
    }
  }
  IoThread(const IoThread&) = delete;
  IoThread& operator=(const IoThread&) = delete;

  void post(std::function<void()> work) override { inner_->post(std::move(work)); }
  Timer call_after(std::chrono::milliseconds delay, std::function<void()> work) override {
    return inner_->call_after(delay, std::move(work));
  }
  void cancel(Timer timer) noexcept override { inner_->cancel(timer); }
  [[nodiscard]] bool is_inside() const noexcept override { return inner_->is_inside(); }
  [[nodiscard]] const std::shared_ptr<OwnContext>& inner() const noexcept { return inner_; }

 private:
  std::shared_ptr<OwnContext> inner_;
  std::thread thread_;
};

class OnExecutor final : public AsioLoop {
 public:
  explicit OnExecutor(const asio::any_io_executor& executor) : strand_(asio::make_strand(executor)) {}
  [[nodiscard]] bool is_inside() const noexcept override { return strand_.running_in_this_thread(); }
  [[nodiscard]] asio::any_io_executor executor() const override { return strand_; }

 private:
  asio::strand<asio::any_io_executor> strand_;
};

}  // namespace

std::shared_ptr<AsioLoop> asio_loop(const std::shared_ptr<IoLoop>& loop) {
  if (const auto* own = dynamic_cast<const IoThread*>(loop.get())) return own->inner();
  auto known = std::dynamic_pointer_cast<AsioLoop>(loop);
  if (!known) throw Error(Errc::invalid_argument, "net.loop");
  return known;
}

}  // namespace net

std::shared_ptr<IoLoop> make_io_thread() {
  try {
    return std::make_shared<net::IoThread>();
  } catch (const std::system_error&) {  // boost::system::system_error is one
    throw Error(Errc::io_failed, "net.io_thread");
  }
}

std::shared_ptr<IoLoop> make_loop(const boost::asio::any_io_executor& executor) {
  return std::make_shared<net::OnExecutor>(executor);
}

}  // namespace anochat
