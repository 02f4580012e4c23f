#include "crypto/x25519.hpp"

#include <sodium.h>
#include <algorithm>

namespace anochat::crypto {
namespace {

// Little-endian. The low-order points that are canonical: 0, 1, two of order 8, and p - 1.
constexpr ByteArray<32> kLowOrder[] = {
    {0},
    {1},
    {0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3, 0xfa, 0xf1, 0x9f, 0xc4, 0x6a,
     0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00},
    {0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1, 0x55, 0x9c, 0x83, 0xef, 0x5b,
     0x04, 0x44, 0x5c, 0xc4, 0x58, 0x1c, 0x8e, 0x86, 0xd8, 0x22, 0x4e, 0xdd, 0xd0, 0x9f, 0x11, 0x57},
    {0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
};

// Public keys are public: these comparisons need not take constant time.
bool is_canonical(std::span<const std::uint8_t, 32> key) noexcept {
  if (key[31] > 0x7f) return false;
  if (key[31] < 0x7f || key[0] < 0xed) return true;
  return !std::all_of(key.begin() + 1, key.begin() + 31, [](std::uint8_t byte) { return byte == 0xff; });
}

}  // namespace

bool is_acceptable_x25519(std::span<const std::uint8_t, 32> key) noexcept {
  return is_canonical(key) && std::none_of(std::begin(kLowOrder), std::end(kLowOrder), [key](const auto& point) {
           return std::equal(point.begin(), point.end(), key.begin());
         });
}

X25519Public x25519_public(const X25519Private& key) noexcept {
  X25519Public out;
  crypto_scalarmult_base(out.data(), key.expose().data());
  return out;
}

X25519Private make_x25519(Random& random) {
  X25519Private key;
  random.fill(key.expose_mutable());
  return key;
}

bool x25519(const X25519Private& own, std::span<const std::uint8_t, 32> theirs, SharedSecret& out) noexcept {
  if (is_acceptable_x25519(theirs) &&
      crypto_scalarmult(out.expose_mutable().data(), own.expose().data(), theirs.data()) == 0) {
    return true;
  }
  wipe(out.expose_mutable());
  return false;
}

}  // namespace anochat::crypto
