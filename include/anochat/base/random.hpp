// anochat/base/random.hpp - randomness as something that is handed in.
#pragma once

#include <anochat/base/bytes.hpp>
#include <array>
#include <cstddef>

namespace anochat {

/// Where keys and nonces come from. Implementations must be safe to call from any thread.
class Random {
 public:
  virtual ~Random() = default;
  /// Fills the whole buffer.
  /// @throws Error{Errc::random_failed}  the source failed; no key may be made from the buffer
  virtual void fill(MutableByteView out) = 0;

  template <std::size_t N>
  [[nodiscard]] ByteArray<N> array() {
    ByteArray<N> out;
    fill(out);
    return out;
  }
};

/// The operating system's generator through libsodium.
class SystemRandom final : public Random {
 public:
  /// @throws Error{Errc::random_failed}  libsodium could not be initialised
  SystemRandom();
  void fill(MutableByteView out) override;
};

}  // namespace anochat
