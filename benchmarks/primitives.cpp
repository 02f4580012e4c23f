#include "primitives.hpp"

#include <sodium.h>

#include <array>
#include <cstdint>
#include <memory>
#include <stdexcept>

namespace bench {
namespace {

using Buffer = std::vector<std::uint8_t>;

void must_work(int result) {
  if (result != 0) throw std::runtime_error("a primitive has failed");
}

Buffer random_bytes(std::size_t size) {
  Buffer bytes(size);
  randombytes_buf(bytes.data(), size);
  return bytes;
}

struct KemState {
  Buffer seed = random_bytes(crypto_kem_mlkem768_SEEDBYTES);
  Buffer m = random_bytes(32);
  Buffer public_key = Buffer(crypto_kem_mlkem768_PUBLICKEYBYTES);
  Buffer secret_key = Buffer(crypto_kem_mlkem768_SECRETKEYBYTES);
  Buffer ciphertext = Buffer(crypto_kem_mlkem768_CIPHERTEXTBYTES);
  Buffer shared = Buffer(32);

  KemState() {
    generate();
    encapsulate();
  }
  void generate() { crypto_kem_mlkem768_seed_keypair(public_key.data(), secret_key.data(), seed.data()); }
  void encapsulate() {
    must_work(crypto_kem_mlkem768_enc_deterministic(ciphertext.data(), shared.data(), public_key.data(), m.data()));
  }
  void decapsulate() { must_work(crypto_kem_mlkem768_dec(shared.data(), ciphertext.data(), secret_key.data())); }
};

// Works for ChaCha20-Poly1305 and AEGIS-256: the call, and the sizes of nonce and tag.
template <auto kEncrypt, auto kDecrypt, std::size_t kNonceLen, std::size_t kTagLen>
struct Aead {
  Buffer key = random_bytes(32);
  Buffer nonce = random_bytes(kNonceLen);
  Buffer ad;
  Buffer plain;
  Buffer sealed;

  Aead(std::size_t length, std::size_t ad_len)
      : ad(random_bytes(ad_len)), plain(random_bytes(length)), sealed(length + kTagLen) {
    seal();
  }
  void seal() {
    kEncrypt(sealed.data(), nullptr, plain.data(), plain.size(), ad.data(), ad.size(), nullptr, nonce.data(),
             key.data());
  }
  void open() {
    must_work(kDecrypt(plain.data(), nullptr, nullptr, sealed.data(), sealed.size(), ad.data(), ad.size(), nonce.data(),
                       key.data()));
  }
};
using ChaCha = Aead<crypto_aead_chacha20poly1305_ietf_encrypt, crypto_aead_chacha20poly1305_ietf_decrypt,
                    crypto_aead_chacha20poly1305_ietf_NPUBBYTES, crypto_aead_chacha20poly1305_ietf_ABYTES>;
using Aegis = Aead<crypto_aead_aegis256_encrypt, crypto_aead_aegis256_decrypt, crypto_aead_aegis256_NPUBBYTES,
                   crypto_aead_aegis256_ABYTES>;

std::string of_length(std::string name, std::size_t length) {
  return std::move(name) + " " + std::to_string(length) + " B";
}

}  // namespace

Primitive x25519() {
  return {"X25519",
          [scalar = random_bytes(32),
           point =
               [] {
                 Buffer out(32);
                 crypto_scalarmult_base(out.data(), random_bytes(32).data());
                 return out;
               }(),
           out = Buffer(32)]() mutable { must_work(crypto_scalarmult(out.data(), scalar.data(), point.data())); }};
}

Primitive x25519_keygen() {
  return {"X25519 key", [scalar = random_bytes(32), out = Buffer(32)]() mutable {
            crypto_scalarmult_base(out.data(), scalar.data());
          }};
}

Primitive ed25519_verify(std::size_t message_len) {
  Buffer key(crypto_sign_PUBLICKEYBYTES);
  Buffer secret(crypto_sign_SECRETKEYBYTES);
  Buffer message = random_bytes(message_len);
  Buffer signature(crypto_sign_BYTES);
  crypto_sign_keypair(key.data(), secret.data());
  crypto_sign_detached(signature.data(), nullptr, message.data(), message.size(), secret.data());
  return {of_length("Ed25519 verify", message_len), [key, message, signature] {
            must_work(crypto_sign_verify_detached(signature.data(), message.data(), message.size(), key.data()));
          }};
}

Primitive kem_keygen() {
  return {"ML-KEM-768 key", [state = std::make_shared<KemState>()] { state->generate(); }};
}
Primitive kem_encaps() {
  return {"ML-KEM-768 encaps", [state = std::make_shared<KemState>()] { state->encapsulate(); }};
}
Primitive kem_decaps() {
  return {"ML-KEM-768 decaps", [state = std::make_shared<KemState>()] { state->decapsulate(); }};
}

Primitive kdf() {
  return {"BLAKE2b derive", [key = random_bytes(32), out = Buffer(64)]() mutable {
            crypto_kdf_derive_from_key(out.data(), out.size(), 1, "AnoBench", key.data());
          }};
}

Primitive message_keys() {
  return {"BLAKE2b keyed", [key = random_bytes(32), in = random_bytes(49), out = Buffer(64)]() mutable {
            crypto_generichash(out.data(), out.size(), in.data(), in.size(), key.data(), key.size());
          }};
}

Primitive seal(std::size_t length, std::size_t ad_len) {
  return {of_length("ChaCha20-Poly1305 seal", length),
          [aead = std::make_shared<ChaCha>(length, ad_len)] { aead->seal(); }};
}
Primitive open(std::size_t length, std::size_t ad_len) {
  return {of_length("ChaCha20-Poly1305 open", length),
          [aead = std::make_shared<ChaCha>(length, ad_len)] { aead->open(); }};
}
Primitive aegis_seal(std::size_t length) {
  return {of_length("AEGIS-256 seal", length), [aead = std::make_shared<Aegis>(length, 15)] { aead->seal(); }};
}
Primitive aegis_open(std::size_t length) {
  return {of_length("AEGIS-256 open", length), [aead = std::make_shared<Aegis>(length, 15)] { aead->open(); }};
}

Primitive random32() {
  return {"32 random bytes", [out = Buffer(32)]() mutable { randombytes_buf(out.data(), out.size()); }};
}

void Floor::run(std::size_t operations) const {
  for (; operations > 0; --operations) {
    for (const auto& [count, primitive] : parts) {
      for (std::size_t i = 0; i < count; ++i) primitive.call();
    }
  }
}

std::string Floor::text() const {
  std::string text;
  for (const auto& [count, primitive] : parts) {
    text += (text.empty() ? "" : " + ") + std::to_string(count) + " " + primitive.name;
  }
  return text;
}

}  // namespace bench
