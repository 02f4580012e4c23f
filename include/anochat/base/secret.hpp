// anochat/base/secret.hpp - keys that wipe themselves, cannot be copied, printed or compared by accident.
#pragma once

#include <anochat/base/bytes.hpp>
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace anochat {

/// N secret bytes with one role. A RootKey is not a ChainKey: each role is a type of its own.
///
/// Movable, not copyable; wiped when destroyed and when moved from. There is no `==` (use equal_ct on expose()) and no
/// way to print one. Reading the bytes is the one word that a review searches for: `expose`.
template <class Role, std::size_t N>
class Secret {
 public:
  static constexpr std::size_t kSize = N;  ///< bytes

  /// All zero: a key that has not been set yet.
  Secret() noexcept : bytes_{} {}

  /// Takes over: copies the source, then wipes it.
  explicit Secret(std::span<std::uint8_t, N> source) noexcept {
    std::copy(source.begin(), source.end(), bytes_.begin());
    wipe_inline(source);
  }

  Secret(Secret&& other) noexcept : bytes_(other.bytes_) { wipe_inline(other.bytes_); }
  Secret& operator=(Secret&& other) noexcept {
    if (this != &other) {
      bytes_ = other.bytes_;
      wipe_inline(other.bytes_);
    }
    return *this;
  }
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret() { wipe_inline(bytes_); }

  /// A second copy, made on purpose.
  [[nodiscard]] Secret clone() const noexcept {
    Secret copy;
    copy.bytes_ = bytes_;
    return copy;
  }

  [[nodiscard]] std::span<const std::uint8_t, N> expose() const noexcept { return bytes_; }

  /// For functions that write a fresh key in place.
  [[nodiscard]] std::span<std::uint8_t, N> expose_mutable() noexcept { return bytes_; }

 private:
  // wipe() as a few stores: every message makes and destroys dozens of keys, and three calls cost more than the work.
  static void wipe_inline(std::span<std::uint8_t, N> bytes) noexcept {
#if defined(__GNUC__)
    std::fill_n(bytes.data(), N, std::uint8_t{0});
    __asm__ __volatile__("" : : "r"(bytes.data()) : "memory");  // as if the zeros were read: they must be written
#else
    wipe(bytes);
#endif
  }

  std::array<std::uint8_t, N> bytes_;
};

/// An allocator that wipes what it frees, so that a growing vector leaves no copy behind.
template <class T>
struct WipingAllocator {
  using value_type = T;

  WipingAllocator() noexcept = default;
  template <class U>
  explicit WipingAllocator(const WipingAllocator<U>& /*other*/) noexcept {}

  [[nodiscard]] T* allocate(std::size_t count) { return std::allocator<T>{}.allocate(count); }
  void deallocate(T* pointer, std::size_t count) noexcept {
    wipe({reinterpret_cast<std::uint8_t*>(pointer), count * sizeof(T)});
    std::allocator<T>{}.deallocate(pointer, count);
  }
  friend bool operator==(const WipingAllocator&, const WipingAllocator&) noexcept { return true; }
};

/// Secret bytes of variable length: a saved session, a decrypted message on its way to the caller.
using SecretBytes = std::vector<std::uint8_t, WipingAllocator<std::uint8_t>>;

}  // namespace anochat
