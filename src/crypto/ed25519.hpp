// crypto/ed25519.hpp - signatures; strict verification as libsodium does it.
#pragma once

#include <anochat/base/bytes.hpp>
#include <anochat/base/secret.hpp>
#include <anochat/crypto/keys.hpp>
#include <span>

namespace anochat::crypto {

using Ed25519Public = ByteArray<32>;
using Ed25519Seed = SigningSeed;
using Signature = ByteArray<64>;

[[nodiscard]] Ed25519Public ed25519_public(const Ed25519Seed& seed) noexcept;
[[nodiscard]] Signature ed25519_sign(const Ed25519Seed& seed, ByteView message) noexcept;

/// Refuses a non-canonical S, R or key and small-order R and keys.
[[nodiscard]] bool ed25519_verify(std::span<const std::uint8_t, 32> key, ByteView message,
                                  std::span<const std::uint8_t, 64> signature) noexcept;

}  // namespace anochat::crypto
