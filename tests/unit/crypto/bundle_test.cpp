#include <anochat/crypto/bundle.hpp>

#include "forge.hpp"
#include "support/check.hpp"

#include <doctest/doctest.h>

using namespace anochat;
using namespace anochat::forge;

namespace {

constexpr std::uint64_t kDay = 86'400;
constexpr std::uint64_t kYear = 31'622'400;  // the longest lifetime

struct Given {
  explicit Given(std::uint64_t seed = 1) : party(seed), bundle(party) {}

  [[nodiscard]] PreKeyBundle decode(const Bytes& bytes, UnixTime now = kNow) const {
    return PreKeyBundle::decode(bytes, party.device.address(), now);
  }
  [[nodiscard]] PreKeyBundle decode() const { return decode(bundle.encode()); }

  Party party;
  Bundle bundle;
};

Record* all_records(Bundle& bundle, int which) {
  Record* const records[] = {&bundle.signed_prekey, &bundle.one_time, &bundle.kem};
  return records[which];
}

}  // namespace

TEST_CASE("a bundle made from prekeys reads back") {
  Party party(1);
  const X25519PreKey signed_key = make_signed_prekey(party.device, 1, kNow, party.random);
  const X25519PreKey one_time = make_one_time_prekey(party.device, 2, kNow, party.random);
  const KemPreKey kem = make_kem_prekey(party.device, KemKind::one_time, 3, kNow, party.random);
  const KemPreKey last_resort = make_kem_prekey(party.device, KemKind::last_resort, 4, kNow, party.random);
  const Address address = party.device.address();

  const PreKeyBundle full = PreKeyBundle::assemble(party.device, signed_key, &one_time, KemKind::one_time, kem);
  CHECK(full.encode().size() == PreKeyBundle::kMaxEncodedLen);
  CHECK(PreKeyBundle::decode(full.encode(), address, kNow) == full);
  CHECK(full.one_time->id == 2);

  const PreKeyBundle least =
      PreKeyBundle::assemble(party.device, signed_key, nullptr, KemKind::last_resort, last_resort);
  CHECK(least.encode().size() == PreKeyBundle::kMinEncodedLen);
  CHECK(PreKeyBundle::decode(least.encode(), address, kNow) == least);
  CHECK_FALSE(least.one_time.has_value());
  CHECK(least.kem_kind == KemKind::last_resort);
}

TEST_CASE("a bundle with any bit changed is refused") {
  for (const std::uint8_t has_one_time : Bytes{0, 1}) {
    Given given;
    given.bundle.has_one_time = has_one_time;
    const Bytes good = given.bundle.encode();
    CHECK(given.decode(good).encode() == good);
    const std::size_t has_one_time_at = 2 + 165 + 116;
    const std::size_t kem_kind_at = has_one_time_at + 1 + (has_one_time == 1 ? 116U : 0U);
    for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
      CAPTURE(bit);
      const std::size_t at = bit / 8;
      const Errc expected = at == 0                                      ? Errc::unsupported_version
                            : at == 1                                    ? Errc::unsupported_suite
                            : at == has_one_time_at || at == kem_kind_at ? Errc::bad_bundle
                                                                         : Errc::bad_signature;
      CHECK_ERROR(given.decode(flipped(good, bit)), expected);
    }
  }
}

TEST_CASE("a bundle that is cut or has more behind it is refused") {
  const Given given;
  const Bytes good = given.bundle.encode();
  for (std::size_t size = 0; size < good.size(); ++size) {
    CHECK_ERROR(given.decode(Bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size))), Errc::bad_bundle);
  }
  CHECK_ERROR(given.decode(joined({good, Bytes{0}})), Errc::bad_bundle);
}

TEST_CASE("a version or suite that is not ours is named before anything else is looked at") {
  const Given given;
  CHECK_ERROR(given.decode(Bytes{0x12}), Errc::unsupported_version);
  CHECK_ERROR(given.decode(Bytes{0x12, 0x02}), Errc::unsupported_version);
  CHECK_ERROR(given.decode(Bytes{0x11, 0x02, 0x00}), Errc::unsupported_suite);
  CHECK_ERROR(given.decode(Bytes{0x11, 0x01}), Errc::bad_bundle);
  CHECK_ERROR(given.decode(Bytes{}), Errc::bad_bundle);
}

TEST_CASE("flags of a bundle have two values each") {
  Given given;
  for (const std::uint8_t value : Bytes{2, 3, 255}) {
    given.bundle.has_one_time = value;
    CHECK_ERROR(given.decode(), Errc::bad_bundle);
  }
  given.bundle.has_one_time = 1;
  for (const std::uint8_t value : Bytes{0, 3, 255}) {
    given.bundle.kem_kind = value;
    CHECK_ERROR(given.decode(), Errc::bad_bundle);
  }
}

TEST_CASE("a good bundle of somebody else is not taken for the wanted one") {
  const Given bob(1);
  const Given mallory(2);
  CHECK_ERROR(bob.decode(mallory.bundle.encode()), Errc::bad_signature);
  const Address another_device{bob.party.account.id(), 2};
  CHECK_ERROR(PreKeyBundle::decode(bob.bundle.encode(), another_device, kNow), Errc::bad_signature);
}

TEST_CASE("prekeys signed by another device are refused") {
  Given bob(1);
  const Given mallory(2);
  bob.bundle.device = &mallory.party.device;  // bob's certificate, mallory's prekeys
  CHECK_ERROR(bob.decode(), Errc::bad_signature);
}

TEST_CASE("a prekey is good only for the purpose that it was signed for") {
  constexpr std::string_view kLabels[] = {"AnoChat/1/signed-prekey", "AnoChat/1/one-time-prekey",
                                          "AnoChat/1/kem-one-time-prekey", "AnoChat/1/kem-last-resort-prekey", ""};
  Given given;
  for (const std::string_view label : kLabels) {
    for (std::string_view* slot : {&given.bundle.signed_label, &given.bundle.one_time_label, &given.bundle.kem_label}) {
      const std::string_view right = *slot;
      *slot = label;
      CAPTURE(label);
      if (label != right) CHECK_ERROR(given.decode(), Errc::bad_signature);
      *slot = right;
    }
  }
  SUBCASE("a one-time KEM prekey announced as last resort") {
    given.bundle.kem_kind = 2;
    CHECK_ERROR(given.decode(), Errc::bad_signature);
    given.bundle.kem_label = "AnoChat/1/kem-last-resort-prekey";
    CHECK(given.decode().kem_kind == KemKind::last_resort);
  }
  SUBCASE("the account's signature in place of the device's") {
    Bytes bytes = given.bundle.encode();
    const Bytes covered(bytes.begin() + 167, bytes.begin() + 167 + 52);
    const auto signature = crypto::ed25519_sign(
        given.party.account.seed(),
        crypto::signed_text("AnoChat/1/signed-prekey", {given.party.device.certificate().identity.encode(), covered}));
    std::copy(signature.begin(), signature.end(), bytes.begin() + 167 + 52);
    CHECK_ERROR(given.decode(bytes), Errc::bad_signature);
  }
}

TEST_CASE("a signature made again by adding the group order is refused, wherever it stands") {
  const Given given;
  const Bytes good = given.bundle.encode();
  for (const std::size_t end : {2 + 165UL, 2 + 165 + 116UL, 2 + 165 + 116 + 1 + 116UL, PreKeyBundle::kMaxEncodedLen}) {
    const ByteView signature = ByteView(good).subspan(end - 64, 64);
    const Bytes bytes = joined({ByteView(good).first(end - 64), malleated(signature), ByteView(good).subspan(end)});
    CHECK_ERROR(given.decode(bytes), Errc::bad_signature);
  }
}

TEST_CASE("a certified signing key of small order signs no prekey") {
  Given given;
  for (const auto& key : small_order_ed25519()) {
    const DeviceIdentity identity{key, given.party.device.certificate().identity.agreement_key};
    given.bundle.certificate = certificate(given.party.account, 1, identity.encode());
    CHECK_ERROR(given.decode(), Errc::bad_signature);
    Bytes bytes = given.bundle.encode();
    for (const auto& r : small_order_ed25519()) {
      const Bytes signature = joined({r, ByteArray<32>{}});
      std::copy(signature.begin(), signature.end(), bytes.begin() + 167 + 52);
      CHECK_ERROR(given.decode(bytes), Errc::bad_signature);
    }
  }
}

TEST_CASE("a certificate that is signed but not allowed makes the bundle bad") {
  Given given;
  DeviceIdentity identity = given.party.device.certificate().identity;
  identity.agreement_key = {1};
  given.bundle.certificate = certificate(given.party.account, 1, identity.encode());
  CHECK_ERROR(given.decode(), Errc::bad_key);
}

TEST_CASE("an X25519 prekey that is not acceptable is refused in all spellings") {
  for (const int which : {0, 1}) {
    Given given;
    for (const auto& key : unacceptable_x25519()) {
      CAPTURE(to_hex(key));
      all_records(given.bundle, which)->key.assign(key.begin(), key.end());
      CHECK_ERROR(given.decode(), Errc::bad_key);
    }
  }
}

TEST_CASE("a KEM prekey with a coefficient that is not reduced is refused") {
  Given given;
  const Bytes good = given.bundle.kem.key;
  for (const std::size_t at : {0UL, 3UL, 600UL, 1'149UL}) {  // two coefficients of 12 bits begin at each
    for (const std::uint32_t value : {3'328U, 3'329U, 4'095U}) {
      CAPTURE(at);
      CAPTURE(value);
      Bytes low = good;
      low[at] = static_cast<std::uint8_t>(value);
      low[at + 1] = static_cast<std::uint8_t>((low[at + 1] & 0xf0) | value >> 8);
      Bytes high = good;
      high[at + 1] = static_cast<std::uint8_t>((high[at + 1] & 0x0f) | (value & 0x0f) << 4);
      high[at + 2] = static_cast<std::uint8_t>(value >> 4);
      for (const Bytes& key : {low, high}) {
        given.bundle.kem.key = key;
        if (value < 3'329) {
          CHECK(given.decode().kem.key.size() == kKemKeyLen);
        } else {
          CHECK_ERROR(given.decode(), Errc::bad_key);
        }
      }
    }
  }
}

TEST_CASE("a prekey counts from a day before it was made until it expires") {
  for (int which = 0; which < 3; ++which) {
    CAPTURE(which);
    Given given;
    Record& record = *all_records(given.bundle, which);
    record.created = kNowSeconds + kDay;
    record.expires = kNowSeconds + kDay + 1;
    CHECK(given.decode().kem.id == 1);
    record.created += 1;
    record.expires += 1;
    CHECK_ERROR(given.decode(), Errc::prekey_expired);

    record.created = kNowSeconds - 1;
    record.expires = kNowSeconds + 1;
    const Bytes bytes = given.bundle.encode();
    CHECK(given.decode(bytes, kNow + Milliseconds{999}).kem.id == 1);
    CHECK_ERROR(given.decode(bytes, kNow + Milliseconds{1'000}), Errc::prekey_expired);
    record.expires = kNowSeconds;
    CHECK_ERROR(given.decode(), Errc::prekey_expired);
    record.expires = 0;
    CHECK_ERROR(given.decode(), Errc::prekey_expired);
  }
}

TEST_CASE("a prekey that lives for more than 366 days, or for no time, is refused") {
  for (int which = 0; which < 3; ++which) {
    CAPTURE(which);
    Given given;
    Record& record = *all_records(given.bundle, which);
    record.created = kNowSeconds;
    record.expires = kNowSeconds + kYear;
    CHECK(given.decode().kem.id == 1);
    record.expires += 1;
    CHECK_ERROR(given.decode(), Errc::bad_bundle);
    record.created = kNowSeconds + 10;
    record.expires = kNowSeconds + 10;
    CHECK_ERROR(given.decode(), Errc::bad_bundle);
    record.created = kNowSeconds + 11;
    CHECK_ERROR(given.decode(), Errc::bad_bundle);
    record.created = 0;
    CHECK_ERROR(given.decode(), Errc::bad_bundle);
  }
}

TEST_CASE("times near the end of their 64 bits are compared without overflow") {
  for (const std::uint64_t end :
       {~std::uint64_t{0}, std::uint64_t{1} << 63, crypto::kLastSecond, crypto::kLastSecond + 1}) {
    CAPTURE(end);
    Given given;
    given.bundle.signed_prekey.expires = end;
    CHECK_ERROR(given.decode(), Errc::bad_bundle);
    given.bundle.signed_prekey.created = end - 1;
    CHECK_ERROR(given.decode(), Errc::prekey_expired);
  }
}

TEST_CASE("the prekey id 0 does not exist") {
  for (int which = 0; which < 3; ++which) {
    Given given;
    Record& record = *all_records(given.bundle, which);
    record.id = 0xffff'ffff;
    CHECK(given.decode().encode() == given.bundle.encode());
    record.id = 0;
    CHECK_ERROR(given.decode(), Errc::bad_bundle);
  }
}

TEST_CASE("of several faults the first in the order of the protocol is named") {
  Given given;
  given.bundle.kem.key[0] = 0xff;
  given.bundle.kem.key[1] = 0xff;  // bad_key, last
  given.bundle.signed_prekey.id = 0;
  CHECK_ERROR(given.decode(), Errc::bad_bundle);
  given.bundle.one_time.expires = kNowSeconds;
  CHECK_ERROR(given.decode(), Errc::prekey_expired);
  given.bundle.one_time.key.assign(32, 0);
  CHECK_ERROR(given.decode(), Errc::bad_key);
  given.bundle.kem_label = "other";
  CHECK_ERROR(given.decode(), Errc::bad_signature);
  given.bundle.tail = {0};
  CHECK_ERROR(given.decode(), Errc::bad_bundle);
  given.bundle.head[1] = 2;
  CHECK_ERROR(given.decode(), Errc::unsupported_suite);
  given.bundle.head[0] = 0x10;
  CHECK_ERROR(given.decode(), Errc::unsupported_version);
}
