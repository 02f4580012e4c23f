// Comparison of keys, encoders, the primitives as the library calls them, safety numbers.
#include <anochat/base/random.hpp>
#include <anochat/crypto/identity.hpp>
#include <anochat/crypto/safety_number.hpp>
#include <anochat/testing/random.hpp>

#include "base/is_zero.hpp"
#include "crypto/base32.hpp"
#include "crypto/ed25519.hpp"
#include "crypto/x25519.hpp"
#include "harness.hpp"

#include <sodium.h>

#include <cstdlib>

namespace anochat::constant_time {
namespace {

using Key = Secret<struct TestKeyRole, 32>;

Key random_key(std::uint64_t seed) {
  testing::SeededRandom random(seed);
  Key key;
  random.fill(key.expose_mutable());
  make_secret(key);
  return key;
}

void compare_keys(bool leak) {
  const Key a = random_key(1), b = random_key(1), c = random_key(2);
  static_cast<void>(equal_ct(a.expose(), b.expose()));
  static_cast<void>(equal_ct(a.expose(), c.expose()));
  if (leak) leak_by_branch(a.expose());
}

void compare_with_zero(bool leak) {
  const Key key = random_key(3);
  static_cast<void>(detail::is_zero_ct(key.expose()));
  if (leak) leak_by_branch(key.expose());
}

void hexadecimal(bool leak) {
  const Key key = random_key(4);
  static_cast<void>(to_hex(key.expose()));
  if (leak) leak_by_table(key.expose());
}

void base32(bool leak) {
  const Key key = random_key(5);
  static_cast<void>(crypto::to_base32(key.expose(), crypto::LetterCase::lower));
  static_cast<void>(crypto::to_base32(key.expose(), crypto::LetterCase::upper));
  if (leak) leak_by_table(key.expose());
}

void agreement(bool leak) {
  testing::SeededRandom random(6);
  const crypto::X25519Public peer = crypto::x25519_public(crypto::make_x25519(random));
  crypto::X25519Private own = crypto::make_x25519(random);
  make_secret(own);
  static_cast<void>(crypto::x25519_public(own));
  crypto::SharedSecret shared;
  static_cast<void>(crypto::x25519(own, peer, shared));
  if (leak) leak_by_branch(own.expose());
}

// The decapsulation key is made from its seed in every call. What comes of the seed's first half is public: the matrix,
// by a search that takes as long as it takes. So the expanded key is looked at: s and z are its secret parts (FIPS
// 203, 7.1).
void decapsulation(bool leak) {
  constexpr std::size_t kSecretVector = 1'152, kRejectionSecret = 32;
  testing::SeededRandom random(7);
  ByteArray<crypto_kem_mlkem768_PUBLICKEYBYTES> public_key;
  ByteArray<crypto_kem_mlkem768_SECRETKEYBYTES> key;
  ByteArray<crypto_kem_mlkem768_CIPHERTEXTBYTES> ciphertext;
  ByteArray<32> shared;
  int failed = crypto_kem_mlkem768_seed_keypair(public_key.data(), key.data(), random.array<64>().data());
  failed |= crypto_kem_mlkem768_enc_deterministic(ciphertext.data(), shared.data(), public_key.data(),
                                                  random.array<32>().data());
  const MutableByteView secret(key);
  make_secret(secret.first(kSecretVector));
  make_secret(secret.last(kRejectionSecret));
  failed |= crypto_kem_mlkem768_dec(shared.data(), ciphertext.data(), key.data());
  ciphertext[700] ^= 1;  // the refusal is implicit, and as silent as the acceptance
  failed |= crypto_kem_mlkem768_dec(shared.data(), ciphertext.data(), key.data());
  if (failed != 0) std::abort();  // neither call can refuse
  if (leak) leak_by_table(shared);
}

void account_signature(bool leak) {
  testing::SeededRandom random(8);
  SigningSeed seed;
  random.fill(seed.expose_mutable());
  const Bytes text(100, 1);
  make_secret(seed);
  static_cast<void>(crypto::ed25519_sign(seed, text));
  if (leak) leak_by_branch(seed.expose());
}

// The number itself is for a screen. How it comes from the two keys must not show whose they are.
void safety_number(bool leak) {
  ByteArray<32> own{}, peer{};
  own.fill(1);
  peer.fill(2);
  make_secret(own);
  make_secret(peer);
  static_cast<void>(SafetyNumber::between(own, peer));
  if (leak) leak_by_branch(peer);
}

}  // namespace

std::vector<Harness> base_harnesses() {
  return {{"key comparison", compare_keys},
          {"comparison with zero", compare_with_zero},
          {"hexadecimal encoder", hexadecimal},
          {"base32 encoder", base32},
          {"X25519", agreement},
          {"ML-KEM-768 decapsulation", decapsulation},
          {"Ed25519 signature", account_signature},
          {"safety number", safety_number}};
}

}  // namespace anochat::constant_time
