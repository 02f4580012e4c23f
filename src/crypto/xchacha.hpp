// crypto/xchacha.hpp - XChaCha20-Poly1305-IETF, for keys that seal more than one thing: random nonces never repeat.
#pragma once

#include <anochat/base/bytes.hpp>
#include <sodium.h>
#include <cstddef>
#include <span>

namespace anochat::crypto {

inline constexpr std::size_t kXNonceLen = 24;  ///< bytes
inline constexpr std::size_t kXTagLen = 16;    ///< bytes

/// out has plaintext.size() + kXTagLen bytes.
inline void xseal(std::span<const std::uint8_t, 32> key, std::span<const std::uint8_t, kXNonceLen> nonce, ByteView ad,
                  ByteView plaintext, MutableByteView out) noexcept {
  crypto_aead_xchacha20poly1305_ietf_encrypt(out.data(), nullptr, plaintext.data(), plaintext.size(), ad.data(), ad.size(),
                                             nullptr, nonce.data(), key.data());
}

/// out has sealed.size() - kXTagLen bytes. @return false when the tag does not match
[[nodiscard]] inline bool xopen(std::span<const std::uint8_t, 32> key, std::span<const std::uint8_t, kXNonceLen> nonce, ByteView ad,
                                ByteView sealed, MutableByteView out) noexcept {
  return crypto_aead_xchacha20poly1305_ietf_decrypt(out.data(), nullptr, nullptr, sealed.data(), sealed.size(), ad.data(),
                                                    ad.size(), nonce.data(), key.data()) == 0;
}

}  // namespace anochat::crypto
