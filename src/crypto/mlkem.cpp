#include "crypto/mlkem.hpp"

#include <sodium.h>

namespace anochat::crypto {
namespace {

static_assert(crypto_kem_mlkem768_PUBLICKEYBYTES == kKemPublicLen);
static_assert(crypto_kem_mlkem768_CIPHERTEXTBYTES == kKemCiphertextLen);
static_assert(crypto_kem_mlkem768_SEEDBYTES == KemSeed::kSize);

using DecapsKey = Secret<struct DecapsKeyRole, crypto_kem_mlkem768_SECRETKEYBYTES>;

}  // namespace

void kem_public(const KemSeed& seed, std::span<std::uint8_t, kKemPublicLen> out) noexcept {
  DecapsKey key;
  crypto_kem_mlkem768_seed_keypair(out.data(), key.expose_mutable().data(), seed.expose().data());
}

bool kem_encaps(std::span<const std::uint8_t, kKemPublicLen> key, const EncapsSeed& m,
                std::span<std::uint8_t, kKemCiphertextLen> ciphertext, SharedSecret& secret) noexcept {
  return crypto_kem_mlkem768_enc_deterministic(ciphertext.data(), secret.expose_mutable().data(), key.data(),
                                               m.expose().data()) == 0;
}

bool is_acceptable_kem(std::span<const std::uint8_t, kKemPublicLen> key) noexcept {
  constexpr unsigned kModulus = 3'329;
  constexpr std::size_t kPolynomialsLen = 1'152;  // bytes: 768 coefficients of 12 bits; the rest is a seed
  for (std::size_t i = 0; i < kPolynomialsLen; i += 3) {
    const unsigned low = key[i] | (key[i + 1] & 0x0fU) << 8;
    const unsigned high = key[i + 1] >> 4U | unsigned{key[i + 2]} << 4;
    if (low >= kModulus || high >= kModulus) return false;
  }
  return true;
}

void kem_decaps(const KemSeed& seed, std::span<const std::uint8_t, kKemCiphertextLen> ciphertext,
                SharedSecret& secret) noexcept {
  DecapsKey key;
  KemPublic unused;
  crypto_kem_mlkem768_seed_keypair(unused.data(), key.expose_mutable().data(), seed.expose().data());
  // The only non-zero return is for a malformed decapsulation key, which a seed never makes.
  const int never_fails =
      crypto_kem_mlkem768_dec(secret.expose_mutable().data(), ciphertext.data(), key.expose().data());
  static_cast<void>(never_fails);
}

}  // namespace anochat::crypto
