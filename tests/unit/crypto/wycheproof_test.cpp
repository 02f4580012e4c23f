// Runs the public Wycheproof vectors (github.com/C2SP/wycheproof, testvectors_v1) of the primitives that AnoChat uses.
// They are not part of this repository: ANOCHAT_VECTORS names a folder with wycheproof/*.json in it.

#include "crypto/aegis.hpp"
#include "crypto/chacha.hpp"
#include "crypto/ed25519.hpp"
#include "crypto/mlkem.hpp"
#include "crypto/x25519.hpp"
#include "crypto/xchacha.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>
#include <sodium.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <optional>
#include <string>

using namespace anochat;
using nlohmann::json;

namespace {

// One vector, with the parameters of its group.
struct Vector {
  const json& group;
  const json& test;

  [[nodiscard]] Bytes bytes(const char* name) const { return from_hex(test.at(name).get<std::string>()).value(); }
  [[nodiscard]] bool is_valid() const { return test.at("result") == "valid"; }
  [[nodiscard]] bool has_flag(const char* flag) const {
    const auto flags = test.find("flags");
    return flags != test.end() && std::find(flags->begin(), flags->end(), flag) != flags->end();
  }
};

// Our functions take keys and nonces of one length only; other lengths cannot even be written down.
template <std::size_t N>
std::optional<ByteArray<N>> exactly(const Bytes& bytes) {
  if (bytes.size() != N) return std::nullopt;
  ByteArray<N> out;
  std::copy(bytes.begin(), bytes.end(), out.begin());
  return out;
}

template <class Key>
std::optional<Key> secret(const Bytes& bytes) {
  auto array = exactly<Key::kSize>(bytes);
  if (!array) return std::nullopt;
  return Key(std::span<std::uint8_t, Key::kSize>(*array));
}

template <class Check>
void run(const std::string& name, std::size_t least, Check check) {
  const char* const folder = std::getenv("ANOCHAT_VECTORS");
  if (folder == nullptr) {
    std::cout << "wycheproof: skipped " << name << ", because ANOCHAT_VECTORS is not set\n";
    return;
  }
  std::ifstream file(std::string(folder) + "/wycheproof/" + name + "_test.json");
  REQUIRE_MESSAGE(file.is_open(), "no " << name << "_test.json in ANOCHAT_VECTORS/wycheproof");
  const json all = json::parse(file);
  std::size_t count = 0;
  for (const json& group : all.at("testGroups")) {
    for (const json& test : group.at("tests")) {
      CAPTURE(test.at("tcId").get<int>());
      check(Vector{group, test});
      ++count;
    }
  }
  CHECK(count == all.at("numberOfTests").get<std::size_t>());
  CHECK(count >= least);
  std::cout << "wycheproof: " << name << ", " << count << " vectors\n";
}

// An AEAD whose tag stands behind the ciphertext: what is valid seals to the same bytes and opens, the rest does not.
template <std::size_t NonceLen, class Seal, class Open>
void check_aead(const Vector& vector, Seal seal, Open open) {
  const auto key = exactly<32>(vector.bytes("key"));
  const auto nonce = exactly<NonceLen>(vector.bytes("iv"));
  if (!key || !nonce) {
    CHECK(vector.has_flag("InvalidNonceSize"));
    CHECK_FALSE(vector.is_valid());
    return;
  }
  Bytes sealed = vector.bytes("ct");
  const Bytes tag = vector.bytes("tag");
  REQUIRE(tag.size() == 16);
  sealed.insert(sealed.end(), tag.begin(), tag.end());
  const Bytes message = vector.bytes("msg");
  const Bytes ad = vector.bytes("aad");
  Bytes made(message.size() + tag.size());
  seal(*key, *nonce, ad, message, made);
  CHECK((made == sealed) == vector.is_valid());
  Bytes opened(message.size());
  CHECK(open(*key, *nonce, ad, sealed, opened) == vector.is_valid());
  if (vector.is_valid()) CHECK(opened == message);
}

}  // namespace

TEST_CASE("X25519 agrees, and refuses what our policy refuses") {
  std::size_t refused = 0;
  run("x25519", 518, [&refused](const Vector& vector) {
    const auto own = secret<crypto::X25519Private>(vector.bytes("private"));
    const auto theirs = exactly<32>(vector.bytes("public"));
    REQUIRE(own.has_value());
    REQUIRE(theirs.has_value());
    // Wycheproof leaves these to the policy ("acceptable"); points on the twist are as good as others.
    const bool is_refused = vector.has_flag("LowOrderPublic") || vector.has_flag("NonCanonicalPublic") ||
                            vector.has_flag("ZeroSharedSecret");
    CHECK_FALSE((is_refused && vector.is_valid()));
    crypto::SharedSecret out;
    CHECK(crypto::x25519(*own, *theirs, out) == !is_refused);
    CHECK(crypto::is_acceptable_x25519(*theirs) == !is_refused);
    if (!is_refused) CHECK(equal_ct(out.expose(), vector.bytes("shared")));
    if (is_refused) ++refused;
  });
  if (refused > 0) std::cout << "wycheproof: " << refused << " of them refused by policy\n";
}

TEST_CASE("Ed25519 signatures verify exactly when they should") {
  run("ed25519", 151, [](const Vector& vector) {
    const auto key = exactly<32>(from_hex(vector.group.at("publicKey").at("pk").get<std::string>()).value());
    const auto signature = exactly<64>(vector.bytes("sig"));
    REQUIRE(key.has_value());
    if (!signature) {
      CHECK_FALSE(vector.is_valid());
      return;
    }
    CHECK(crypto::ed25519_verify(*key, vector.bytes("msg"), *signature) == vector.is_valid());
  });
}

TEST_CASE("ChaCha20-Poly1305 seals and opens exactly what it should") {
  run("chacha20_poly1305", 325,
      [](const Vector& vector) { check_aead<crypto::kNonceLen>(vector, crypto::seal, crypto::open); });
}

TEST_CASE("XChaCha20-Poly1305 seals and opens exactly what it should") {
  run("xchacha20_poly1305", 315,
      [](const Vector& vector) { check_aead<crypto::kXNonceLen>(vector, crypto::xseal, crypto::xopen); });
}

// The vectors have tags of 16 bytes and we use 32: the short tag is the two halves of the long one, added in GF(2)
// (draft-irtf-cfrg-aegis-aead, "Finalize"). The ciphertext does not depend on the tag's length.
TEST_CASE("AEGIS-256 seals to the ciphertext and tag that it should") {
  run("aegis256", 472, [](const Vector& vector) {
    const auto key = exactly<32>(vector.bytes("key"));
    const auto nonce = exactly<crypto::kAegisNonceLen>(vector.bytes("iv"));
    REQUIRE(key.has_value());
    REQUIRE(nonce.has_value());
    const Bytes message = vector.bytes("msg");
    const Bytes ad = vector.bytes("aad");
    Bytes made(message.size() + crypto::kAegisTagLen);
    crypto::aegis_seal(*key, *nonce, ad, message, made);
    Bytes opened(message.size());
    CHECK(crypto::aegis_open(*key, *nonce, ad, made, opened));
    CHECK(opened == message);

    Bytes folded(made.begin(), made.end() - 16);
    for (std::size_t i = 0; i < 16; ++i) folded[message.size() + i] ^= made[message.size() + 16 + i];
    Bytes expected = vector.bytes("ct");
    const Bytes tag = vector.bytes("tag");
    expected.insert(expected.end(), tag.begin(), tag.end());
    CHECK((folded == expected) == vector.is_valid());
  });
}

TEST_CASE("ML-KEM-768 key pairs come from their seeds") {
  run("mlkem_768_keygen_seed", 100, [](const Vector& vector) {
    const auto seed = secret<crypto::KemSeed>(vector.bytes("seed"));
    REQUIRE(seed.has_value());
    crypto::KemPublic key;
    crypto::kem_public(*seed, key);
    CHECK(Bytes(key.begin(), key.end()) == vector.bytes("ek"));
  });
}

TEST_CASE("ML-KEM-768 encapsulates to good keys and to no others") {
  run("mlkem_768_encaps", 265, [](const Vector& vector) {
    const auto key = exactly<crypto::kKemPublicLen>(vector.bytes("ek"));
    const auto m = secret<crypto::EncapsSeed>(vector.bytes("m"));
    REQUIRE(m.has_value());
    if (!key) {
      CHECK_FALSE(vector.is_valid());
      return;
    }
    crypto::KemCiphertext ciphertext;
    crypto::SharedSecret shared;
    CHECK(crypto::is_acceptable_kem(*key) == vector.is_valid());
    REQUIRE(crypto::kem_encaps(*key, *m, ciphertext, shared) == vector.is_valid());
    if (!vector.is_valid()) return;
    CHECK(Bytes(ciphertext.begin(), ciphertext.end()) == vector.bytes("c"));
    CHECK(equal_ct(shared.expose(), vector.bytes("K")));
  });
}

TEST_CASE("ML-KEM-768 decapsulates from a seed, implicit rejection included") {
  run("mlkem_768", 193, [](const Vector& vector) {
    const auto seed = secret<crypto::KemSeed>(vector.bytes("seed"));
    const auto ciphertext = exactly<crypto::kKemCiphertextLen>(vector.bytes("c"));
    CHECK((seed && ciphertext) == vector.is_valid());
    if (!seed || !ciphertext) return;
    crypto::KemPublic key;
    crypto::kem_public(*seed, key);
    CHECK(Bytes(key.begin(), key.end()) == vector.bytes("ek"));
    crypto::SharedSecret shared;
    crypto::kem_decaps(*seed, *ciphertext, shared);
    CHECK(equal_ct(shared.expose(), vector.bytes("K")));
  });
}

// We keep seeds and never read an expanded key; these check the library beneath. libsodium does not look for a wrong
// hash inside such a key, which is one reason to keep seeds.
TEST_CASE("ML-KEM-768 decapsulates with expanded keys") {
  run("mlkem_768_semi_expanded_decaps", 9, [](const Vector& vector) {
    const auto key = exactly<crypto_kem_mlkem768_SECRETKEYBYTES>(vector.bytes("dk"));
    const auto ciphertext = exactly<crypto::kKemCiphertextLen>(vector.bytes("c"));
    if (!key || !ciphertext) {
      CHECK_FALSE(vector.is_valid());
      return;
    }
    ByteArray<32> shared{};
    const bool is_done = crypto_kem_mlkem768_dec(shared.data(), ciphertext->data(), key->data()) == 0;
    CHECK(is_done == (vector.is_valid() || vector.has_flag("InvalidDecapsulationKey")));
    if (vector.is_valid()) CHECK(Bytes(shared.begin(), shared.end()) == vector.bytes("K"));
  });
}
