#include "crypto/blake2.hpp"
#include "crypto/chacha.hpp"
#include "crypto/ed25519.hpp"
#include "crypto/mlkem.hpp"
#include "crypto/x25519.hpp"
#include "crypto/xchacha.hpp"
#include "forge.hpp"
#include "support/check.hpp"

#include <doctest/doctest.h>

using namespace anochat;
using namespace anochat::forge;
using namespace anochat::crypto;

namespace {

ByteArray<32> counting_key() {
  ByteArray<32> key;
  for (std::size_t i = 0; i < key.size(); ++i) key[i] = static_cast<std::uint8_t>(i);
  return key;
}

}  // namespace

// Expected values of this file's BLAKE2b cases were made with Python's hashlib.
TEST_CASE("hash, extract and derive are BLAKE2b as the protocol defines it") {
  CHECK(to_hex(Hasher().add("abc").finish()) == "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
  CHECK(
      to_hex(Blake2b<64>().add("abc").finish()) ==
      "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d17d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925a"
      "b92386edd4009923");
  ByteArray<32> out;
  extract(counting_key(), as_bytes("abc"), out);
  CHECK(to_hex(out) == "d63a32d3e44738d7907f964316c241adaba0abfeabc32349677578a15a203f7f");
  derive(counting_key(), 1, "AnoHands", out);
  CHECK(to_hex(out) == "cc14f15483b45d72aec58da60ad93ae4294f7d0b726a1305e283d90e50fb343b");
  ByteArray<64> both;
  derive(counting_key(), (std::uint64_t{1} << 32) + 5, "AnoChain", both);
  CHECK(
      to_hex(both) ==
      "0b291e14c52b0554ea245341bc9ed4b9c30c0baa167a201c2e4df1153ecca8e758feb36f027753b5642f0c2a605cfbc99a26ddaa363f9afa"
      "c0bf539fd0974b17");
}

TEST_CASE("a transcript's lengths and numbers are big-endian") {
  CHECK(to_hex(
            Hasher().add_lp("label").add_u8(7).add_be32(0x01020304).add_be64(0x0102030405060708).add_lp("").finish()) ==
        "58a5126f8cf5436ece1a8c143f5cade4131f84a3f86e2fc01bd2042038cedc58");
}

TEST_CASE("extraction may write over its own key or data") {
  ByteArray<32> key = counting_key();
  ByteArray<32> data{1, 2, 3};
  ByteArray<32> expected;
  extract(key, data, expected);
  ByteArray<32> over_data = data;
  extract(key, over_data, over_data);
  CHECK(over_data == expected);
  extract(key, data, key);
  CHECK(key == expected);
}

TEST_CASE("X25519 agrees with RFC 7748, section 6.1") {
  const auto alice = secret_of<X25519Private>("77076d0a7318a57d3c16c17251b26645df6c6b9a1d7a2d4c9e3b1d0a3c2b1a09");
  const auto bob = secret_of<X25519Private>("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb");
  SharedSecret a;
  SharedSecret b;
  REQUIRE(x25519(alice, x25519_public(bob), a));
  REQUIRE(x25519(bob, x25519_public(alice), b));
  CHECK(equal_ct(a.expose(), b.expose()));
  CHECK(to_hex(x25519_public(bob)) == "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f");
}

TEST_CASE("X25519 refuses every spelling of a low-order or non-canonical key and leaves no secret") {
  testing::SeededRandom random(1);
  const X25519Private own = make_x25519(random);
  for (const auto& key : unacceptable_x25519()) {
    CAPTURE(to_hex(key));
    SharedSecret out = secret_of<SharedSecret>(to_hex(ByteArray<32>{1}));
    CHECK_FALSE(is_acceptable_x25519(key));
    CHECK_FALSE(x25519(own, key, out));
    CHECK(equal_ct(out.expose(), ByteArray<32>{}));
  }
}

TEST_CASE("X25519 accepts canonical keys next to the refused ones") {
  for (const char* key : {"0200000000000000000000000000000000000000000000000000000000000000",
                          "0900000000000000000000000000000000000000000000000000000000000000",
                          "e1eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
                          "5e9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
                          "ebffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                          "fffeffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                          "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff007f",
                          "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7e"}) {
    CAPTURE(key);
    CHECK(is_acceptable_x25519(array_of(key)));
  }
}

TEST_CASE("a signature fits one key and one message") {
  testing::SeededRandom random(2);
  Ed25519Seed seed;
  random.fill(seed.expose_mutable());
  const Ed25519Public key = ed25519_public(seed);
  const Bytes message = to_bytes("message");
  const Signature signature = ed25519_sign(seed, message);
  CHECK(ed25519_verify(key, message, signature));
  CHECK_FALSE(ed25519_verify(key, to_bytes("messagf"), signature));
  for (std::size_t bit = 0; bit < 512; ++bit) {
    Signature other;
    const Bytes bytes = flipped(signature, bit);
    std::copy(bytes.begin(), bytes.end(), other.begin());
    CHECK_FALSE(ed25519_verify(key, message, other));
  }
}

TEST_CASE("a KEM key pair comes from its seed, and a changed ciphertext gives another secret") {
  testing::SeededRandom random(3);
  KemSeed seed;
  random.fill(seed.expose_mutable());
  KemPublic key;
  kem_public(seed, key);
  CHECK(is_acceptable_kem(key));
  EncapsSeed m;
  random.fill(m.expose_mutable());
  KemCiphertext ciphertext;
  SharedSecret sent;
  SharedSecret received;
  REQUIRE(kem_encaps(key, m, ciphertext, sent));
  kem_decaps(seed, ciphertext, received);
  CHECK(equal_ct(sent.expose(), received.expose()));
  ciphertext[500] ^= 1;
  kem_decaps(seed, ciphertext, received);
  CHECK_FALSE(equal_ct(sent.expose(), received.expose()));
}

TEST_CASE("a KEM key is acceptable exactly when encapsulation takes it") {
  testing::SeededRandom random(4);
  for (int i = 0; i < 200; ++i) {
    KemPublic key = random.array<kKemPublicLen>();
    // Random coefficients: about one in five is too large, so most of them are brought into range.
    for (std::size_t at = 0; at < 1'152; at += 3) {
      key[at + 1] &= 0xf7;
      key[at + 2] &= 0x7f;
    }
    if (i % 2 == 1) {
      const std::size_t at = 3 * (static_cast<std::size_t>(i) * 7 % 384);
      key[at] = static_cast<std::uint8_t>(i % 3 == 0 ? 0x00 : 0x01);  // 3,328 or 3,329
      key[at + 1] = static_cast<std::uint8_t>((key[at + 1] & 0xf0) | 0x0d);
    }
    KemCiphertext ciphertext;
    SharedSecret secret;
    const bool is_taken = kem_encaps(key, EncapsSeed(), ciphertext, secret);
    CHECK(is_acceptable_kem(key) == is_taken);
    CHECK(is_taken == (i % 2 == 0 || i % 3 == 0));
  }
}

TEST_CASE("sealing in place opens in place, and any change is noticed") {
  const ByteArray<32> key = counting_key();
  const Nonce nonce{1, 2, 3};
  const Bytes ad = to_bytes("header");
  Bytes buffer = to_bytes("plaintext");
  buffer.resize(9 + kTagLen);
  seal(key, nonce, ad, ByteView(buffer).first(9), buffer);
  for (std::size_t bit = 0; bit < buffer.size() * 8; ++bit) {
    Bytes out(9);
    CHECK_FALSE(open(key, nonce, ad, flipped(buffer, bit), out));
  }
  Bytes out(9);
  CHECK_FALSE(open(key, nonce, to_bytes("Header"), buffer, out));
  CHECK_FALSE(open(key, Nonce{1, 2, 4}, ad, buffer, out));
  REQUIRE(open(key, nonce, ad, buffer, MutableByteView(buffer).first(9)));
  CHECK(as_text(ByteView(buffer).first(9)) == "plaintext");
}

// draft-irtf-cfrg-xchacha-03, A.3.1.
TEST_CASE("XChaCha20-Poly1305 agrees with its draft") {
  ByteArray<32> key = counting_key();
  for (std::uint8_t& byte : key) byte = static_cast<std::uint8_t>(byte + 0x80);
  ByteArray<kXNonceLen> nonce;
  for (std::size_t i = 0; i < nonce.size(); ++i) nonce[i] = static_cast<std::uint8_t>(0x40 + i);
  const Bytes ad = from_hex("50515253c0c1c2c3c4c5c6c7").value();
  const Bytes plaintext = to_bytes(
      "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be "
      "it.");
  Bytes sealed(plaintext.size() + kXTagLen);
  xseal(key, nonce, ad, plaintext, sealed);
  CHECK(to_hex(ByteView(sealed).first(16)) == "bd6d179d3e83d43b9576579493c0e939");
  CHECK(to_hex(ByteView(sealed).last(kXTagLen)) == "c0875924c1c7987947deafd8780acf49");
  Bytes out(plaintext.size());
  REQUIRE(xopen(key, nonce, ad, sealed, out));
  CHECK(out == plaintext);
}

TEST_CASE("what XChaCha20-Poly1305 sealed opens with nothing else") {
  const ByteArray<32> key = counting_key();
  const ByteArray<kXNonceLen> nonce{1, 2, 3};
  const Bytes ad = to_bytes("header");
  Bytes sealed(9 + kXTagLen);
  xseal(key, nonce, ad, to_bytes("plaintext"), sealed);
  Bytes out(9);
  for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit)
    CHECK_FALSE(xopen(key, nonce, ad, flipped(sealed, bit), out));
  CHECK_FALSE(xopen(key, nonce, to_bytes("Header"), sealed, out));
  CHECK_FALSE(xopen(key, ByteArray<kXNonceLen>{1, 2, 4}, ad, sealed, out));
  CHECK_FALSE(xopen(ByteArray<32>{}, nonce, ad, sealed, out));
  CHECK(xopen(key, nonce, ad, sealed, out));
}
