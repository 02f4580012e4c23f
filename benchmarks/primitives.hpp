// primitives.hpp - the raw libsodium calls that floors are made of.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace bench {

/// One call of libsodium on keys and buffers of its own, with nothing around it.
struct Primitive {
  std::string name;
  std::function<void()> call;
};

[[nodiscard]] Primitive x25519();
[[nodiscard]] Primitive x25519_keygen();
[[nodiscard]] Primitive ed25519_verify(std::size_t message_len);
[[nodiscard]] Primitive kem_keygen();  ///< ML-KEM-768 from its seed
[[nodiscard]] Primitive kem_encaps();
[[nodiscard]] Primitive kem_decaps();
[[nodiscard]] Primitive kdf();           ///< crypto_kdf with 64 bytes of output: one step of a chain
[[nodiscard]] Primitive message_keys();  ///< keyed BLAKE2b of 49 bytes: W of docs/protocol.md
[[nodiscard]] Primitive seal(std::size_t length, std::size_t ad_len);  ///< ChaCha20-Poly1305-IETF
[[nodiscard]] Primitive open(std::size_t length, std::size_t ad_len);
[[nodiscard]] Primitive aegis_seal(std::size_t length);  ///< AEGIS-256
[[nodiscard]] Primitive aegis_open(std::size_t length);
[[nodiscard]] Primitive random32();  ///< 32 bytes from the operating system

/// What an operation cannot do without: each primitive so many times.
struct Floor {
  std::vector<std::pair<std::size_t, Primitive>> parts;

  void run(std::size_t operations) const;
  [[nodiscard]] std::string text() const;  ///< "2 X25519 + 1 X25519 key generation"
};

}  // namespace bench
