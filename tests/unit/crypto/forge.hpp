// What a hostile peer can make: anything, correctly signed with its own keys.
#pragma once

#include <anochat/base/bytes.hpp>
#include <anochat/base/clock.hpp>
#include <anochat/crypto/bundle.hpp>
#include <anochat/crypto/identity.hpp>
#include <anochat/crypto/prekeys.hpp>
#include <anochat/testing/random.hpp>

#include "base/byte_io.hpp"
#include "crypto/ed25519.hpp"
#include "crypto/prekey_record.hpp"
#include "crypto/signed_text.hpp"

#include <algorithm>
#include <optional>
#include <string_view>
#include <vector>

namespace anochat::forge {

inline constexpr UnixTime kNow{std::chrono::seconds{1'893'456'000}};  // 2030-01-01
inline constexpr std::uint64_t kNowSeconds = 1'893'456'000;

inline Bytes flipped(ByteView bytes, std::size_t bit) {
  Bytes out(bytes.begin(), bytes.end());
  out[bit / 8] = static_cast<std::uint8_t>(out[bit / 8] ^ 1U << bit % 8);
  return out;
}

inline Bytes joined(std::initializer_list<ByteView> parts) {
  Bytes out;
  for (const ByteView part : parts) out.insert(out.end(), part.begin(), part.end());
  return out;
}

template <std::size_t N = 32>
ByteArray<N> array_of(std::string_view hex) {
  const Bytes bytes = from_hex(hex).value();
  ByteArray<N> out;
  std::copy_n(bytes.begin(), N, out.begin());
  return out;
}

template <class Key>
Key secret_of(std::string_view hex) {
  auto bytes = array_of<Key::kSize>(hex);
  return Key(std::span<std::uint8_t, Key::kSize>(bytes));
}

/// a + b, as little-endian numbers, where that has 256 bits.
inline std::optional<ByteArray<32>> sum(const ByteArray<32>& a, const ByteArray<32>& b) {
  ByteArray<32> out;
  unsigned carry = 0;
  for (std::size_t i = 0; i < out.size(); ++i) {
    carry += unsigned{a[i]} + b[i];
    out[i] = static_cast<std::uint8_t>(carry);
    carry >>= 8;
  }
  if (carry != 0) return std::nullopt;
  return out;
}

inline ByteArray<32> with_top_bit(ByteArray<32> key) {
  key[31] |= 0x80;
  return key;
}

/// Every 32-byte spelling of an X25519 point of low order, and every spelling of a point that is not below p or has the
/// top bit set (of those with the top bit, some).
inline std::vector<ByteArray<32>> unacceptable_x25519() {
  const auto p = array_of("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f");
  std::vector<ByteArray<32>> out;
  for (const char* low_order : {"0000000000000000000000000000000000000000000000000000000000000000",
                                "0100000000000000000000000000000000000000000000000000000000000000",
                                "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
                                "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
                                "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"}) {
    // The number itself, plus p, plus 2p where that fits, and each with the bit that X25519 ignores.
    std::optional<ByteArray<32>> spelling = array_of(low_order);
    for (; spelling; spelling = sum(*spelling, p)) {
      out.push_back(*spelling);
      out.push_back(with_top_bit(*spelling));
    }
  }
  for (std::uint8_t above_p = 0xed; above_p != 0; ++above_p) {  // p to 2^255 - 1
    auto key = p;
    key[0] = above_p;
    out.push_back(key);
    out.push_back(with_top_bit(key));
  }
  out.push_back(with_top_bit({9}));
  testing::SeededRandom random(99);
  for (int i = 0; i < 16; ++i) out.push_back(with_top_bit(random.array<32>()));
  return out;
}

/// Every 32-byte spelling of an Edwards point of small order, with either sign.
inline std::vector<ByteArray<32>> small_order_ed25519() {
  std::vector<ByteArray<32>> out;
  for (const char* y : {"0000000000000000000000000000000000000000000000000000000000000000",
                        "0100000000000000000000000000000000000000000000000000000000000000",
                        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
                        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
                        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"}) {
    out.push_back(array_of(y));
    out.push_back(with_top_bit(array_of(y)));
  }
  return out;
}

/// The same signature with S + L, which a verifier that does not check the range accepts.
inline Bytes malleated(ByteView signature) {
  const auto order = array_of("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
  ByteArray<32> s;
  std::copy_n(signature.begin() + 32, 32, s.begin());
  return joined({signature.first(32), sum(s, order).value()});
}

struct Party {
  explicit Party(std::uint64_t seed)
      : random(seed), account(AccountKey::generate(random)), device(make(account, random)) {}

  static Device make(const AccountKey& account, Random& random) { return Device::create(account, 1, random); }

  testing::SeededRandom random;
  AccountKey account;
  Device device;
};

/// A certificate for any number and any 65 bytes.
inline Bytes certificate(const AccountKey& account, std::uint32_t device, ByteView identity) {
  const Address address{account.id(), device};
  const auto signature =
      crypto::ed25519_sign(account.seed(), crypto::signed_text("AnoChat/1/device", {address.encode(), identity}));
  Bytes out;
  detail::ByteWriter(out).bytes(account.public_key()).be32(device).bytes(identity).bytes(signature);
  return out;
}

/// A prekey record with any content.
struct Record {
  std::uint32_t id = 1;
  std::uint64_t created = kNowSeconds;
  std::uint64_t expires = kNowSeconds + 1'000;
  Bytes key;

  [[nodiscard]] Bytes signed_by(const Device& device, std::string_view label) const {
    Bytes out;
    detail::ByteWriter writer(out);
    writer.be32(id).be64(created).be64(expires).bytes(key);
    writer.bytes(crypto::ed25519_sign(device.signing_private(),
                                      crypto::signed_text(label, {device.certificate().identity.encode(), out})));
    return out;
  }
};

/// A bundle with any content; as it is made here it is correct.
struct Bundle {
  explicit Bundle(Party& of)
      : device(&of.device), certificate([&of] {
          const auto bytes = of.device.certificate().encode();
          return Bytes(bytes.begin(), bytes.end());
        }()) {
    const X25519PreKey any = make_signed_prekey(of.device, 1, kNow, of.random);
    const KemPreKey any_kem = make_kem_prekey(of.device, KemKind::one_time, 1, kNow, of.random);
    signed_prekey.key.assign(any.public_key.begin(), any.public_key.end());
    one_time.key = signed_prekey.key;
    kem.key.assign(any_kem.public_key.begin(), any_kem.public_key.end());
  }

  [[nodiscard]] Bytes encode() const {
    return joined({head, certificate, signed_prekey.signed_by(*device, signed_label), ByteView(&has_one_time, 1),
                   has_one_time == 1 ? one_time.signed_by(*device, one_time_label) : Bytes{}, ByteView(&kem_kind, 1),
                   kem.signed_by(*device, kem_label), tail});
  }

  const Device* device;
  Bytes head{0x11, 0x01};
  Bytes certificate;
  Record signed_prekey;
  std::uint8_t has_one_time = 1;
  Record one_time;
  std::uint8_t kem_kind = 1;
  Record kem;
  Bytes tail;
  std::string_view signed_label = "AnoChat/1/signed-prekey";
  std::string_view one_time_label = "AnoChat/1/one-time-prekey";
  std::string_view kem_label = "AnoChat/1/kem-one-time-prekey";
};

}  // namespace anochat::forge
