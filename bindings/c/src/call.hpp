// What every function of the C interface does first and last: checks of its arguments, and the translation of errors.
#pragma once

#include <anochat/base/bytes.hpp>
#include <anochat/base/clock.hpp>
#include <anochat/base/error.hpp>

#include <anochat.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <initializer_list>
#include <new>
#include <span>
#include <string>
#include <string_view>

namespace anochat::c {

/// True while this thread is inside a callback of the application: then no function does anything.
class Callback {
 public:
  Callback() noexcept { is_active_ = true; }
  ~Callback() { is_active_ = false; }
  Callback(const Callback&) = delete;
  Callback& operator=(const Callback&) = delete;
  [[nodiscard]] static bool is_active() noexcept { return is_active_; }

 private:
  static thread_local bool is_active_;
};

[[nodiscard]] anochat_status report(anochat_error* error, anochat_status status, std::string_view text) noexcept;

/// Runs a function's body. No exception passes this line.
template <class Body>
anochat_status guard(anochat_error* error, Body body) noexcept {
  if (error != nullptr && error->struct_size < sizeof(anochat_error)) return ANOCHAT_E_INVALID_ARGUMENT;
  try {
    if (Callback::is_active()) throw Error(Errc::wrong_state, "this thread is inside a callback");
    body();
    return report(error, ANOCHAT_OK, {});
  } catch (const Error& failure) {
    return report(error, static_cast<anochat_status>(failure.code()), failure.what());
  } catch (const std::bad_alloc&) {
    return report(error, ANOCHAT_E_OUT_OF_MEMORY, message_of(Errc::out_of_memory));
  } catch (...) {
    return report(error, ANOCHAT_E_INTERNAL, message_of(Errc::internal));
  }
}

[[noreturn]] void refuse(const char* name, const char* why, Errc code = Errc::invalid_argument);

template <class T>
T& not_null(T* pointer, const char* name) {
  if (pointer == nullptr) refuse(name, "is NULL");
  return *pointer;
}

// ----- inputs: never read beyond `most`, whatever length the caller gives -----

[[nodiscard]] ByteView bytes_in(const std::uint8_t* data, std::size_t len, std::size_t most, const char* name);
[[nodiscard]] std::string_view text_in(const char* data, std::size_t len, std::size_t most, const char* name);
/// Exactly N bytes.
template <std::size_t N>
[[nodiscard]] std::span<const std::uint8_t, N> array_in(const std::uint8_t* data, std::size_t len, const char* name) {
  if (len != N) refuse(name, "has another length than it must have");
  return std::span<const std::uint8_t, N>(&not_null(data, name), N);
}
[[nodiscard]] bool flag_in(std::int32_t value, const char* name);
template <class Enum>
[[nodiscard]] Enum choice_in(std::int32_t value, std::int32_t least, std::int32_t most, const char* name) {
  if (value < least || value > most) refuse(name, "is none of the named values");
  return static_cast<Enum>(value);
}

inline constexpr std::size_t kMostPath = 4'096;     // bytes
inline constexpr std::size_t kMostSecret = 4'096;   // bytes of a passphrase
inline constexpr std::size_t kMostCursor = 256;     // bytes
inline constexpr std::size_t kMostStruct = 65'536;  // bytes of a struct of a later version

/// A copy of a caller's struct. What a later version has appended must be zero: it asks for what this library cannot
/// do.
template <class T>
[[nodiscard]] T struct_in(const T* from, const char* name) {
  const std::size_t size = not_null(from, name).struct_size;
  if (size < sizeof(T) || size > kMostStruct) refuse(name, "has a wrong struct_size");
  const auto* bytes = reinterpret_cast<const unsigned char*>(from);
  if (std::any_of(bytes + sizeof(T), bytes + size, [](unsigned char byte) { return byte != 0; })) {
    refuse(name, "has a field that this library does not know", Errc::unsupported_version);
  }
  T copy;
  std::memcpy(&copy, from, sizeof copy);
  return copy;
}

// ----- outputs -----

/// A caller's struct that will be filled.
template <class T>
class StructOut {
 public:
  StructOut(T* to, const char* name) : to_(&not_null(to, name)), size_(to->struct_size) {
    if (size_ < sizeof(T) || size_ > kMostStruct) refuse(name, "has a wrong struct_size");
  }
  void set(T value) const noexcept {
    value.struct_size = size_;
    std::memcpy(to_, &value, sizeof value);
    std::memset(reinterpret_cast<unsigned char*>(to_) + sizeof value, 0, size_ - sizeof value);
  }

 private:
  T* to_;
  std::uint32_t size_;
};

/// A caller's buffer. need() is called before anything changes.
class Out {
 public:
  Out(std::uint8_t* data, std::size_t* len, std::initializer_list<ByteView> inputs = {});
  Out(char* text, std::size_t* len);

  /// Refuses too little room and an overlap with an input. @return the room
  [[nodiscard]] MutableByteView need(std::size_t room);
  void wrote(std::size_t len) const noexcept { *len_ = len; }
  /// Both, for what is at hand already.
  void set(ByteView bytes);
  void set_text(std::string_view text);

 private:
  std::uint8_t* data_;
  std::size_t* len_;
  std::array<ByteView, 2> inputs_{};
};

/// A buffer of ours that the caller will own.
class BufOut {
 public:
  BufOut(anochat_buf* to, const char* name);
  void set(ByteView bytes) const;

 private:
  anochat_buf* to_;
};

void free_buf(anochat_buf* buf);

[[nodiscard]] UnixTime time_in(std::int64_t ms);
[[nodiscard]] inline std::int64_t time_out(UnixTime time) { return time.time_since_epoch().count(); }
template <class Optional>
[[nodiscard]] std::int64_t optional_time(const Optional& time) {
  return time ? time_out(*time) : 0;
}

}  // namespace anochat::c
