// crypto/mlkem.hpp - ML-KEM-768 from seeds: the 2,400-byte decapsulation key exists only during a call.
#pragma once

#include <anochat/base/bytes.hpp>
#include <anochat/base/secret.hpp>
#include <anochat/crypto/keys.hpp>
#include <cstddef>
#include <span>

#include "crypto/x25519.hpp"

namespace anochat::crypto {

inline constexpr std::size_t kKemPublicLen = 1'184;      ///< bytes
inline constexpr std::size_t kKemCiphertextLen = 1'088;  ///< bytes

using KemPublic = ByteArray<kKemPublicLen>;
using KemCiphertext = ByteArray<kKemCiphertextLen>;
using anochat::KemSeed;                                  ///< d || z of FIPS 203
using EncapsSeed = Secret<struct EncapsSeedRole, 32>;    ///< m of FIPS 203

void kem_public(const KemSeed& seed, std::span<std::uint8_t, kKemPublicLen> out) noexcept;

/// @return false when a coefficient of the key is not below 3,329; nothing usable is written then
[[nodiscard]] bool kem_encaps(std::span<const std::uint8_t, kKemPublicLen> key, const EncapsSeed& m,
                              std::span<std::uint8_t, kKemCiphertextLen> ciphertext, SharedSecret& secret) noexcept;

/// Whether kem_encaps accepts the key (FIPS 203, section 7.2, "modulus check").
[[nodiscard]] bool is_acceptable_kem(std::span<const std::uint8_t, kKemPublicLen> key) noexcept;

/// Never fails: a changed ciphertext gives another secret.
void kem_decaps(const KemSeed& seed, std::span<const std::uint8_t, kKemCiphertextLen> ciphertext,
                SharedSecret& secret) noexcept;

}  // namespace anochat::crypto
