// client/event_queue.hpp - events that wait for the application, bounded.
#pragma once

#include <anochat/client/events.hpp>

#include <cstddef>
#include <deque>
#include <new>
#include <optional>
#include <utility>

namespace anochat::client {

class EventQueue {
 public:
  explicit EventQueue(std::size_t most) : most_(most) {}

  /// Never more than `most`, nor more than there is memory for: the application learns how many it lost.
  void push(Event event) noexcept {
    if (queue_.size() >= most_) {
      ++lost_;
      return;
    }
    try {
      queue_.push_back(std::move(event));
    } catch (const std::bad_alloc&) {
      ++lost_;
    }
  }

  [[nodiscard]] std::optional<Event> pop() {
    if (queue_.empty()) {
      if (lost_ == 0) return std::nullopt;
      return event::EventsLost{std::exchange(lost_, 0)};
    }
    Event first = std::move(queue_.front());
    queue_.pop_front();
    return first;
  }

  [[nodiscard]] bool is_empty() const noexcept { return queue_.empty() && lost_ == 0; }

 private:
  std::size_t most_;
  std::size_t lost_ = 0;
  std::deque<Event> queue_;
};

}  // namespace anochat::client
