// crypto/aegis.hpp - AEGIS-256 for sealing records: random nonces of 32 bytes never repeat, tags of 32 bytes.
#pragma once

#include <anochat/base/bytes.hpp>
#include <sodium.h>
#include <cstddef>
#include <span>

namespace anochat::crypto {

inline constexpr std::size_t kAegisNonceLen = 32;  ///< bytes
inline constexpr std::size_t kAegisTagLen = 32;    ///< bytes

/// out has plaintext.size() + kAegisTagLen bytes.
inline void aegis_seal(std::span<const std::uint8_t, 32> key, std::span<const std::uint8_t, kAegisNonceLen> nonce, ByteView ad,
                       ByteView plaintext, MutableByteView out) noexcept {
  crypto_aead_aegis256_encrypt(out.data(), nullptr, plaintext.data(), plaintext.size(), ad.data(), ad.size(), nullptr,
                               nonce.data(), key.data());
}

/// out has sealed.size() - kAegisTagLen bytes. @return false when the tag does not match
[[nodiscard]] inline bool aegis_open(std::span<const std::uint8_t, 32> key, std::span<const std::uint8_t, kAegisNonceLen> nonce,
                                     ByteView ad, ByteView sealed, MutableByteView out) noexcept {
  return crypto_aead_aegis256_decrypt(out.data(), nullptr, nullptr, sealed.data(), sealed.size(), ad.data(), ad.size(),
                                      nonce.data(), key.data()) == 0;
}

}  // namespace anochat::crypto
