// storage/writer_gate.hpp - lets one writer in at a time, and notices a thread that would wait for itself.
#pragma once

#include <anochat/base/error.hpp>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace anochat::storage::detail {

/// Unlike a mutex it may be left by another thread than the one that entered, because a Transaction can be moved.
class WriterGate {
 public:
  /// @throws Error{Errc::wrong_state}  this thread is inside already
  void enter(std::string_view where) {
    std::unique_lock lock(mutex_);
    if (is_taken_ && owner_ == std::this_thread::get_id()) throw Error(Errc::wrong_state, where);
    left_.wait(lock, [this] { return !is_taken_; });
    is_taken_ = true;
    owner_ = std::this_thread::get_id();
  }

  void leave() noexcept {
    {
      const std::lock_guard lock(mutex_);
      is_taken_ = false;
      owner_ = {};
    }
    left_.notify_one();
  }

  [[nodiscard]] bool is_taken() const {
    const std::lock_guard lock(mutex_);
    return is_taken_;
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable left_;
  bool is_taken_ = false;
  std::thread::id owner_;
};

/// Inside from construction to destruction.
class GatePass {
 public:
  GatePass(WriterGate& gate, std::string_view where) : gate_(gate) { gate_.enter(where); }
  ~GatePass() { gate_.leave(); }
  GatePass(const GatePass&) = delete;
  GatePass& operator=(const GatePass&) = delete;

 private:
  WriterGate& gate_;
};

}  // namespace anochat::storage::detail
