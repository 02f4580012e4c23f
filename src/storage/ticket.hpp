// storage/ticket.hpp - what the writer thread and the holder of a ticket share.
#pragma once

#include <condition_variable>
#include <exception>
#include <mutex>
#include <utility>

namespace anochat::storage::detail {

/// Like the state of a std::future, except that whoever waits takes the exception out: the writer thread never holds one
/// that another thread may be reading.
struct TicketState {
  std::mutex mutex;
  std::condition_variable changed;
  bool is_done = false;
  std::exception_ptr error;

  void finish(std::exception_ptr with) noexcept {
    {
      const std::lock_guard lock(mutex);
      is_done = true;
      error = std::move(with);
    }
    changed.notify_all();
  }
};

}  // namespace anochat::storage::detail
