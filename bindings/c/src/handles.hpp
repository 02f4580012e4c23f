// Handles that are never dereferenced: a table turns them into objects.
#pragma once

#include <anochat/base/error.hpp>

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace anochat::c {

enum class Kind : std::uint8_t { list = 1, account, device, prekeys, session, client, relay, server, world };

/// What a handle stands for. Calls on one object wait for each other.
class Object {
 public:
  virtual ~Object() = default;
  /// Lets go of files, sockets and threads; the object is not used any more.
  virtual void release() {}

  std::mutex mutex;
  bool is_freed = false;
};

/// The handles of this process. A C interface has no other place that could know which handles are alive.
///
/// A handle is a number in the form of a pointer: the slot's index, the kind, and a tag that is new whenever the slot
/// is used again. So a freed, stale or made-up handle is told from a live one without looking at what it points to.
class HandleTable {
 public:
  [[nodiscard]] static HandleTable& instance();

  [[nodiscard]] std::uintptr_t add(Kind kind, std::shared_ptr<Object> object);
  /// Nothing when there is no such handle of this kind.
  [[nodiscard]] std::shared_ptr<Object> find(Kind kind, std::uintptr_t handle) const;
  [[nodiscard]] std::shared_ptr<Object> remove(Kind kind, std::uintptr_t handle);

 private:
  struct Slot {
    std::uintptr_t handle = 0;  // 0: free
    std::shared_ptr<Object> object;
  };
  [[nodiscard]] const Slot* slot_of(Kind kind, std::uintptr_t handle) const;

  mutable std::mutex mutex_;
  std::vector<Slot> slots_;
  std::deque<std::size_t> free_;  // the one that is free for the longest time is used first
  std::uint64_t tags_ = 0;
};

template <class T>
using HandleOf = typename T::Handle;

template <class T>
[[nodiscard]] std::shared_ptr<T> share(const HandleOf<T>* handle, const char* name) {
  auto object = HandleTable::instance().find(T::kKind, reinterpret_cast<std::uintptr_t>(handle));
  if (!object) throw Error(Errc::invalid_argument, std::string(name) + " is no live handle of its kind");
  return std::static_pointer_cast<T>(std::move(object));
}

/// An object while a call uses it.
template <class T>
class Use {
 public:
  Use(const HandleOf<T>* handle, const char* name) : object_(share<T>(handle, name)), lock_(object_->mutex) {
    if (object_->is_freed) throw Error(Errc::invalid_argument, std::string(name) + " was freed meanwhile");
  }
  [[nodiscard]] T* operator->() const noexcept { return object_.get(); }
  [[nodiscard]] T& operator*() const noexcept { return *object_; }

 private:
  std::shared_ptr<T> object_;
  std::unique_lock<std::mutex> lock_;
};

template <class T>
[[nodiscard]] HandleOf<T>* make_handle(std::shared_ptr<T> object) {
  return reinterpret_cast<HandleOf<T>*>(HandleTable::instance().add(T::kKind, std::move(object)));
}

/// free(NULL) is fine. Waits for calls that use the object.
template <class T>
void free_handle(HandleOf<T>* handle, const char* name) {
  if (handle == nullptr) return;
  auto object = HandleTable::instance().remove(T::kKind, reinterpret_cast<std::uintptr_t>(handle));
  if (!object) throw Error(Errc::invalid_argument, std::string(name) + " is no live handle of its kind");
  {
    const std::lock_guard lock(object->mutex);
    object->is_freed = true;
    object->release();
  }
}

}  // namespace anochat::c
