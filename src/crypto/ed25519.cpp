#include "crypto/ed25519.hpp"

#include <sodium.h>

namespace anochat::crypto {
namespace {

// libsodium signs with seed || public key; the seed alone is what we keep.
struct Expanded {
  explicit Expanded(const Ed25519Seed& seed) noexcept {
    crypto_sign_seed_keypair(public_key.data(), secret.expose_mutable().data(), seed.expose().data());
  }
  Ed25519Public public_key;
  Secret<struct Ed25519ExpandedRole, crypto_sign_SECRETKEYBYTES> secret;
};

}  // namespace

Ed25519Public ed25519_public(const Ed25519Seed& seed) noexcept { return Expanded(seed).public_key; }

Signature ed25519_sign(const Ed25519Seed& seed, ByteView message) noexcept {
  const Expanded key(seed);
  Signature out;
  crypto_sign_detached(out.data(), nullptr, message.data(), message.size(), key.secret.expose().data());
  return out;
}

bool ed25519_verify(std::span<const std::uint8_t, 32> key, ByteView message,
                    std::span<const std::uint8_t, 64> signature) noexcept {
  return crypto_sign_verify_detached(signature.data(), message.data(), message.size(), key.data()) == 0;
}

}  // namespace anochat::crypto
