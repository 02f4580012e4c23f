// crypto/chacha.hpp - Seal of docs/protocol.md: ChaCha20-Poly1305-IETF, in place where the caller wants.
#pragma once

#include <anochat/base/bytes.hpp>
#include <sodium.h>
#include <cstddef>
#include <span>

namespace anochat::crypto {

inline constexpr std::size_t kTagLen = 16;    ///< bytes
inline constexpr std::size_t kNonceLen = 12;  ///< bytes

using Nonce = ByteArray<kNonceLen>;

/// out has plaintext.size() + kTagLen bytes and may start at plaintext's own address.
inline void seal(std::span<const std::uint8_t, 32> key, std::span<const std::uint8_t, kNonceLen> nonce, ByteView ad,
                 ByteView plaintext, MutableByteView out) noexcept {
  crypto_aead_chacha20poly1305_ietf_encrypt(out.data(), nullptr, plaintext.data(), plaintext.size(), ad.data(), ad.size(),
                                            nullptr, nonce.data(), key.data());
}

/// out has sealed.size() - kTagLen bytes and may start at sealed's own address.
/// @return false when the tag does not match; out holds no plaintext then
[[nodiscard]] inline bool open(std::span<const std::uint8_t, 32> key, std::span<const std::uint8_t, kNonceLen> nonce,
                               ByteView ad, ByteView sealed, MutableByteView out) noexcept {
  return crypto_aead_chacha20poly1305_ietf_decrypt(out.data(), nullptr, nullptr, sealed.data(), sealed.size(), ad.data(),
                                                   ad.size(), nonce.data(), key.data()) == 0;
}

}  // namespace anochat::crypto
