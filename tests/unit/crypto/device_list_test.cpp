#include <anochat/crypto/device_list.hpp>

#include "forge.hpp"
#include "support/check.hpp"

#include <doctest/doctest.h>

using namespace anochat;
using namespace anochat::forge;

namespace {

std::vector<DeviceListEntry> entries(const AccountKey& account, std::uint64_t seed, std::uint32_t count) {
  testing::SeededRandom random(seed);
  std::vector<DeviceListEntry> out;
  for (std::uint32_t i = 1; i <= count; ++i) {
    out.push_back({i * 3, Device::create(account, i * 3, random).certificate().identity});
  }
  return out;
}

// A list with any content, signed.
struct RawList {
  std::uint64_t version = 1;
  std::uint64_t issued = kNowSeconds;
  std::uint32_t count = 0;
  Bytes entries;

  [[nodiscard]] Bytes signed_by(const AccountKey& account) const {
    Bytes out;
    detail::ByteWriter writer(out);
    writer.bytes(account.public_key()).be64(version).be64(issued).be32(count).bytes(entries);
    writer.bytes(crypto::ed25519_sign(account.seed(), crypto::signed_text("AnoChat/1/device-list", {out})));
    return out;
  }
};

Bytes entry(std::uint32_t device, ByteView identity) {
  Bytes out;
  detail::ByteWriter(out).be32(device).bytes(identity);
  return out;
}

}  // namespace

TEST_CASE("a device list reads back") {
  const Party party(1);
  for (const std::uint32_t count : {1U, 2U, 32U}) {
    const DeviceList list =
        party.account.sign_device_list(7, kNow + Milliseconds{999}, entries(party.account, 5, count));
    const Bytes encoded = list.encode();
    CHECK(encoded.size() == 116 + 69 * count);
    CHECK(list.issued == kNow);
    CHECK(list.account() == party.account.id());
    CHECK(DeviceList::decode(encoded, party.account.id()) == list);
  }
  CHECK(DeviceList::kMinEncodedLen == 116 + 69);
  CHECK(DeviceList::kMaxEncodedLen == 116 + 69 * DeviceList::kMaxDevices);
}

TEST_CASE("a device list with any bit changed is refused") {
  const Party party(2);
  const Bytes good = party.account.sign_device_list(7, kNow, entries(party.account, 5, 2)).encode();
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    CAPTURE(bit);
    const bool is_count = bit >= 48 * 8 && bit < 52 * 8;
    CHECK_ERROR(DeviceList::decode(flipped(good, bit), party.account.id()),
                is_count ? Errc::bad_bundle : Errc::bad_signature);
  }
}

TEST_CASE("a device list of another length is refused") {
  const Party party(2);
  Bytes bytes = party.account.sign_device_list(7, kNow, entries(party.account, 5, 2)).encode();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    CHECK_ERROR(DeviceList::decode(ByteView(bytes).first(size), party.account.id()), Errc::bad_bundle);
  }
  bytes.push_back(0);
  CHECK_ERROR(DeviceList::decode(bytes, party.account.id()), Errc::bad_bundle);
}

TEST_CASE("another account's device list is not taken for this one's") {
  const Party alice(3);
  const Party mallory(4);
  const Bytes list = mallory.account.sign_device_list(7, kNow, entries(mallory.account, 5, 1)).encode();
  CHECK(DeviceList::decode(list, mallory.account.id()).version == 7);
  CHECK_ERROR(DeviceList::decode(list, alice.account.id()), Errc::bad_signature);
}

TEST_CASE("a signed device list that breaks the layout is refused") {
  const Party party(5);
  const auto identity = party.device.certificate().identity.encode();
  const auto decode = [&](const RawList& list) {
    return DeviceList::decode(list.signed_by(party.account), party.account.id());
  };
  RawList list{.count = 1, .entries = entry(1, identity)};
  CHECK(decode(list).entries.size() == 1);

  SUBCASE("no entry") { CHECK_ERROR(decode(RawList{}), Errc::bad_bundle); }
  SUBCASE("33 entries") {
    list = {};
    for (std::uint32_t i = 1; i <= 33; ++i) list.entries = joined({list.entries, entry(i, identity)});
    list.count = 33;
    CHECK_ERROR(decode(list), Errc::bad_bundle);
  }
  SUBCASE("a count that is not true") {
    for (const std::uint32_t count : {0U, 2U, 32U, 0xffff'ffffU}) {
      list.count = count;
      CHECK_ERROR(decode(list), Errc::bad_bundle);
    }
  }
  SUBCASE("device numbers out of range") {
    for (const std::uint32_t device : {0U, kMaxDevice + 1, 0xffff'ffffU}) {
      list.entries = entry(device, identity);
      CHECK_ERROR(decode(list), Errc::bad_bundle);
    }
  }
  SUBCASE("device numbers that do not grow") {
    list.count = 2;
    for (const auto& [first, second] : {std::pair{2U, 1U}, std::pair{2U, 2U}}) {
      list.entries = joined({entry(first, identity), entry(second, identity)});
      CHECK_ERROR(decode(list), Errc::bad_bundle);
    }
  }
  SUBCASE("a time that no clock can show") {
    list.issued = crypto::kLastSecond;
    CHECK(decode(list).encode() == list.signed_by(party.account));
    for (const std::uint64_t issued : {crypto::kLastSecond + 1, ~std::uint64_t{0}}) {
      list.issued = issued;
      CHECK_ERROR(decode(list), Errc::bad_bundle);
    }
  }
  SUBCASE("an identity of an unknown kind") {
    auto other = identity;
    other[0] = 2;
    list.entries = entry(1, other);
    CHECK_ERROR(decode(list), Errc::bad_key);
  }
  SUBCASE("an agreement key that is not acceptable") {
    for (const auto& key : unacceptable_x25519()) {
      list.entries = entry(1, DeviceIdentity{party.device.certificate().identity.signing_key, key}.encode());
      CHECK_ERROR(decode(list), Errc::bad_key);
    }
  }
}

TEST_CASE("an account signs no device list that others would refuse") {
  const Party party(6);
  const auto sign = [&](const std::vector<DeviceListEntry>& list, UnixTime issued = kNow) {
    return party.account.sign_device_list(1, issued, list);
  };
  const DeviceIdentity identity = party.device.certificate().identity;
  CHECK_ERROR(sign({}), Errc::invalid_argument);
  CHECK_ERROR(sign(entries(party.account, 5, 33)), Errc::invalid_argument);
  CHECK_ERROR(sign({{0, identity}}), Errc::invalid_argument);
  CHECK_ERROR(sign({{kMaxDevice + 1, identity}}), Errc::invalid_argument);
  CHECK_ERROR(sign({{2, identity}, {2, identity}}), Errc::invalid_argument);
  CHECK_ERROR(sign({{2, identity}, {1, identity}}), Errc::invalid_argument);
  CHECK_ERROR(sign({{1, identity}}, UnixTime{Milliseconds{-1}}), Errc::invalid_argument);
  CHECK_ERROR(sign({{1, {identity.signing_key, {}}}}), Errc::bad_key);
}

TEST_CASE("only a newer device list of the same account may follow") {
  const Party party(7);
  const auto two = entries(party.account, 5, 2);
  const auto three = entries(party.account, 5, 3);
  const DeviceList known = party.account.sign_device_list(7, kNow, two);
  DeviceList::check_successor(known, known);
  DeviceList::check_successor(known, party.account.sign_device_list(8, kNow, two));
  DeviceList::check_successor(known,
                              party.account.sign_device_list(~std::uint64_t{0}, kNow - std::chrono::hours{9}, three));
  CHECK_ERROR(DeviceList::check_successor(known, party.account.sign_device_list(6, kNow, three)),
              Errc::stale_device_list);
  CHECK_ERROR(DeviceList::check_successor(known, party.account.sign_device_list(0, kNow, two)),
              Errc::stale_device_list);
  CHECK_ERROR(DeviceList::check_successor(known, party.account.sign_device_list(7, kNow, three)),
              Errc::identity_changed);
  CHECK_ERROR(
      DeviceList::check_successor(known, party.account.sign_device_list(7, kNow + std::chrono::seconds{1}, two)),
      Errc::identity_changed);
  const Party other(8);
  CHECK_ERROR(DeviceList::check_successor(known, other.account.sign_device_list(9, kNow, two)), Errc::identity_changed);
}
