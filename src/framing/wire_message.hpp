// framing/wire_message.hpp - a protobuf message that memory may run out under.
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <utility>

namespace anochat::detail {

/// Protobuf is not safe against std::bad_alloc: a list that could not grow counts an element that it does not have, and
/// its destructor would free what stands in that place. After std::bad_alloc the message is therefore never looked at
/// again: it is leaked, which is the lesser evil of a process without memory.
template <class Message>
class WireMessage {
 public:
  WireMessage() : message_(::new (static_cast<void*>(storage_)) Message()) {}
  WireMessage(const WireMessage&) = delete;
  WireMessage& operator=(const WireMessage&) = delete;
  ~WireMessage() {
    if (message_ != nullptr) std::destroy_at(message_);
  }

  /// Calls work(message).
  template <class Work>
  decltype(auto) use(Work&& work) {
    try {
      return std::forward<Work>(work)(*message_);
    } catch (const std::bad_alloc&) {
      message_ = nullptr;
      throw;
    }
  }

 protected:
  /// nullptr when memory ran out.
  [[nodiscard]] Message* get() noexcept { return message_; }

 private:
  alignas(Message) std::byte storage_[sizeof(Message)];
  Message* message_;
};

}  // namespace anochat::detail
