// crypto/x25519.hpp - Diffie-Hellman with the checks of docs/protocol.md, section 1.
#pragma once

#include <anochat/base/bytes.hpp>
#include <anochat/base/random.hpp>
#include <anochat/base/secret.hpp>
#include <anochat/crypto/keys.hpp>
#include <span>

namespace anochat::crypto {

using X25519Public = ByteArray<32>;
using X25519Private = AgreementPrivate;
using SharedSecret = Secret<struct SharedSecretRole, 32>;

/// Canonical (top bit 0, below p) and not of low order.
[[nodiscard]] bool is_acceptable_x25519(std::span<const std::uint8_t, 32> key) noexcept;

[[nodiscard]] X25519Public x25519_public(const X25519Private& key) noexcept;

[[nodiscard]] X25519Private make_x25519(Random& random);

/// X(own, theirs). @return false, and an all-zero secret, when `theirs` is not acceptable or the result is zero
[[nodiscard]] bool x25519(const X25519Private& own, std::span<const std::uint8_t, 32> theirs, SharedSecret& out) noexcept;

}  // namespace anochat::crypto
