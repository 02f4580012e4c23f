#include <anochat/crypto/memory_prekeys.hpp>

#include "forge.hpp"
#include "support/check.hpp"

#include <doctest/doctest.h>

#include <set>

using namespace anochat;
using namespace anochat::forge;
using std::chrono::days;

namespace {

struct Given {
  explicit Given(std::size_t one_time_count = 2) : keys(party.device, kNow, party.random, one_time_count) {}

  [[nodiscard]] PreKeyBundle take(UnixTime now = kNow) {
    const PreKeyBundle bundle = keys.bundle(now);
    return PreKeyBundle::decode(bundle.encode(), party.device.address(), now);  // what others will do with it
  }

  Party party{1};
  MemoryPreKeys keys;
};

ConsumedPreKeys used(const PreKeyBundle& bundle, std::uint8_t session) {
  ConsumedPreKeys consumed{bundle.signed_prekey.id, std::nullopt, bundle.kem_kind, bundle.kem.id, {session}};
  if (bundle.one_time) consumed.one_time_id = bundle.one_time->id;
  return consumed;
}

}  // namespace

TEST_CASE("every bundle gets its own one-time prekeys, until there are none") {
  Given given(2);
  const PreKeyBundle first = given.take();
  const PreKeyBundle second = given.take();
  CHECK(first.kem_kind == KemKind::one_time);
  CHECK(second.kem_kind == KemKind::one_time);
  CHECK(first.one_time->id != second.one_time->id);
  CHECK(first.kem.id != second.kem.id);
  CHECK(given.keys.one_time_left() == 0);
  CHECK(given.keys.kem_one_time_left() == 0);
  for (int i = 0; i < 2; ++i) {
    const PreKeyBundle more = given.take();
    CHECK_FALSE(more.one_time.has_value());
    CHECK(more.kem_kind == KemKind::last_resort);
    CHECK(more.signed_prekey == first.signed_prekey);
  }
}

TEST_CASE("the private part of every prekey in a bundle is there") {
  Given given(1);
  const PreKeyBundle bundle = given.take();
  CHECK(given.keys.signed_prekey(bundle.signed_prekey.id)->record() == bundle.signed_prekey);
  CHECK(given.keys.one_time_prekey(bundle.one_time->id)->record() == *bundle.one_time);
  CHECK(given.keys.kem_prekey(KemKind::one_time, bundle.kem.id)->record() == bundle.kem);
  const PreKeyBundle last_resort = given.take();
  CHECK(given.keys.kem_prekey(KemKind::last_resort, last_resort.kem.id)->record() == last_resort.kem);
  for (const std::uint32_t id : {0U, 2U, 0xffff'ffffU}) {
    CHECK_FALSE(given.keys.signed_prekey(id).has_value());
    CHECK_FALSE(given.keys.one_time_prekey(id).has_value());
    CHECK_FALSE(given.keys.kem_prekey(KemKind::one_time, id).has_value());
    CHECK_FALSE(given.keys.kem_prekey(KemKind::last_resort, id).has_value());
  }
}

TEST_CASE("one-time prekeys are gone after use, the others stay") {
  Given given(1);
  const ConsumedPreKeys consumed = used(given.take(), 1);
  given.keys.consume(consumed);
  CHECK(given.keys.signed_prekey(consumed.signed_id).has_value());
  CHECK_FALSE(given.keys.one_time_prekey(*consumed.one_time_id).has_value());
  CHECK_FALSE(given.keys.kem_prekey(KemKind::one_time, consumed.kem_id).has_value());
  CHECK_FALSE(given.keys.was_accepted(consumed.session_id));
  CHECK_ERROR(given.keys.consume(consumed), Errc::prekey_unknown);

  const ConsumedPreKeys last_resort = used(given.take(), 2);
  given.keys.consume(last_resort);
  CHECK(given.keys.kem_prekey(KemKind::last_resort, last_resort.kem_id).has_value());
  CHECK(given.keys.was_accepted(last_resort.session_id));
}

TEST_CASE("using up a prekey that is not here changes nothing") {
  Given given(1);
  const ConsumedPreKeys good = used(given.take(), 1);
  const SecretBytes before = given.keys.save();
  ConsumedPreKeys bad = good;
  bad.signed_id = 9;
  CHECK_ERROR(given.keys.consume(bad), Errc::prekey_unknown);
  bad = good;
  bad.one_time_id = 9;
  CHECK_ERROR(given.keys.consume(bad), Errc::prekey_unknown);
  bad = good;
  bad.kem_id = 9;
  CHECK_ERROR(given.keys.consume(bad), Errc::prekey_unknown);
  CHECK(given.keys.save() == before);
}

TEST_CASE("refilling replaces what is old and tops up what is short") {
  Given given(2);
  const PreKeyBundle first = given.take();
  given.keys.refill(given.party.device, kNow + days{7} - Milliseconds{1}, given.party.random, 2);
  CHECK(given.keys.one_time_left() == 2);
  CHECK(given.keys.kem_one_time_left() == 2);
  CHECK(given.take(kNow + days{6}).signed_prekey == first.signed_prekey);

  given.keys.refill(given.party.device, kNow + days{7}, given.party.random, 0);
  CHECK(given.keys.one_time_left() == 1);
  const PreKeyBundle renewed = given.take(kNow + days{7});
  CHECK(renewed.signed_prekey.id == first.signed_prekey.id + 1);
  CHECK(given.keys.signed_prekey(first.signed_prekey.id).has_value());  // a message may still be on its way
}

TEST_CASE("no id is ever used twice") {
  Given given(2);
  std::set<std::uint32_t> one_time;
  std::set<std::uint32_t> kem;
  for (std::uint8_t i = 0; i < 20; ++i) {
    const PreKeyBundle bundle = given.take();
    CHECK(one_time.insert(bundle.one_time->id).second);
    CHECK(kem.insert(bundle.kem.id).second);
    given.keys.consume(used(bundle, i));
    given.keys.refill(given.party.device, kNow, given.party.random, 1);
    given.keys = MemoryPreKeys::load(given.keys.save());
  }
}

TEST_CASE("a refill that runs out of randomness changes nothing") {
  Given given(1);
  static_cast<void>(given.take());
  const SecretBytes before = given.keys.save();
  for (std::uint64_t calls = 0; calls < 4; ++calls) {
    testing::FailingRandom random(calls);
    CHECK_ERROR(given.keys.refill(given.party.device, kNow + days{8}, random, 1), Errc::random_failed);
    CHECK(given.keys.save() == before);
  }
  testing::FailingRandom enough(4);
  given.keys.refill(given.party.device, kNow + days{8}, enough, 1);
  CHECK(given.keys.save() != before);
}

TEST_CASE("when the last id of a kind is used up, nothing is made") {
  Given given(0);
  SecretBytes saved = given.keys.save();
  constexpr std::size_t kOneTimeNextId = 166 + 8 + 117;
  std::fill_n(saved.begin() + kOneTimeNextId, 4, std::uint8_t{0xff});
  MemoryPreKeys keys = MemoryPreKeys::load(saved);
  CHECK_ERROR(keys.refill(given.party.device, kNow, given.party.random, 2), Errc::counter_exhausted);
  CHECK(keys.save() == saved);
  keys.refill(given.party.device, kNow, given.party.random, 1);
  CHECK(keys.bundle(kNow).one_time->id == 0xffff'ffff);
  keys = MemoryPreKeys::load(keys.save());
  CHECK_ERROR(keys.refill(given.party.device, kNow, given.party.random, 1), Errc::counter_exhausted);
}

TEST_CASE("prekeys are refilled by their own device only, and within limits") {
  Given given(1);
  Party other(2);
  CHECK_ERROR(given.keys.refill(other.device, kNow, other.random), Errc::invalid_argument);
  CHECK_ERROR(given.keys.refill(given.party.device, kNow, given.party.random, 1'001), Errc::invalid_argument);
  CHECK_ERROR(MemoryPreKeys(other.device, kNow, other.random, 1'001), Errc::invalid_argument);
}

TEST_CASE("expired prekeys are not handed out, and deleted when told") {
  Given given(1);
  const PreKeyBundle bundle = given.take();
  const ConsumedPreKeys last_resort = used(given.take(), 1);
  given.keys.consume(last_resort);

  CHECK(given.keys.expire(kNow + days{30} - Milliseconds{1}) == 0);
  CHECK(given.keys.was_accepted(last_resort.session_id));
  CHECK_ERROR(given.keys.bundle(kNow + days{30}), Errc::prekey_expired);
  CHECK(given.keys.expire(kNow + days{30}) == 2);
  CHECK_FALSE(given.keys.signed_prekey(bundle.signed_prekey.id).has_value());
  CHECK_FALSE(given.keys.kem_prekey(KemKind::last_resort, last_resort.kem_id).has_value());
  CHECK_FALSE(given.keys.was_accepted(last_resort.session_id));
  CHECK(given.keys.one_time_prekey(bundle.one_time->id).has_value());
  CHECK(given.keys.expire(kNow + days{90}) == 2);
  CHECK_FALSE(given.keys.one_time_prekey(bundle.one_time->id).has_value());

  given.keys.refill(given.party.device, kNow + days{90}, given.party.random, 1);
  CHECK(given.take(kNow + days{90}).signed_prekey.id == bundle.signed_prekey.id + 1);
}

TEST_CASE("prekeys from a clock that was ahead are not handed out after it was set right") {
  Party party(1);
  MemoryPreKeys keys(party.device, kNow + days{365}, party.random, 1);
  CHECK_ERROR(keys.bundle(kNow), Errc::prekey_expired);
  keys.refill(party.device, kNow, party.random, 1);
  const PreKeyBundle bundle = PreKeyBundle::decode(keys.bundle(kNow).encode(), party.device.address(), kNow);
  CHECK(bundle.one_time->created == kNow);
}

TEST_CASE("prekeys from a clock that was as far ahead as peers accept are handed out, and not a second farther") {
  Party party(1);
  const MemoryPreKeys border(party.device, kNow + kMaxPreKeyAhead, party.random, 1);
  CHECK(MemoryPreKeys::load(border.save()).bundle(kNow).one_time.has_value());
  const MemoryPreKeys beyond(party.device, kNow + kMaxPreKeyAhead + std::chrono::seconds(1), party.random, 1);
  CHECK_ERROR(MemoryPreKeys::load(beyond.save()).bundle(kNow), Errc::prekey_expired);
}

TEST_CASE("refilling what is full and current makes nothing") {
  Given given(3);
  const SecretBytes before = given.keys.save();
  given.keys.refill(given.party.device, kNow, given.party.random, 3);
  CHECK(given.keys.save() == before);
}

TEST_CASE("saved prekeys read back") {
  Given given(3);
  static_cast<void>(given.take());
  given.keys.consume(used(given.take(), 1));
  for (std::uint8_t i = 2; i < 5; ++i) given.keys.consume(used(given.take(), i));
  const SecretBytes saved = given.keys.save();
  MemoryPreKeys again = MemoryPreKeys::load(saved);
  CHECK(again.save() == saved);
  CHECK(again.was_accepted({4}));
  CHECK_FALSE(again.was_accepted({1}));
  CHECK(again.one_time_left() == given.keys.one_time_left());
  CHECK(again.bundle(kNow) == given.keys.bundle(kNow));
  CHECK(again.save() == given.keys.save());
}

TEST_CASE("saved prekeys that are cut, extended, or of a newer version are refused") {
  Given given(1);
  given.keys.consume(used(given.take(), 1));
  given.keys.consume(used(given.take(), 2));
  SecretBytes saved = given.keys.save();
  for (std::size_t size = 0; size < saved.size(); ++size) {
    CHECK_ERROR(MemoryPreKeys::load(ByteView(saved).first(size)), Errc::bad_state);
  }
  CHECK_ERROR(MemoryPreKeys::load(joined({saved, Bytes{0}})), Errc::bad_state);
  saved[0] = 2;
  CHECK_ERROR(MemoryPreKeys::load(saved), Errc::unsupported_state);
}

TEST_CASE("saved prekeys that contradict themselves are refused") {
  Given given(2);
  static_cast<void>(given.take());
  const SecretBytes saved = given.keys.save();
  const auto changed = [&saved](std::size_t at, std::uint8_t value) {
    Bytes out(saved.begin(), saved.end());
    out[at] = value;
    return out;
  };
  // version, certificate, then the signed prekeys: next id, count, and the first one's id, dates and flag
  constexpr std::size_t kSigned = 166;
  CHECK_ERROR(MemoryPreKeys::load(changed(1, saved[1] ^ 1)), Errc::bad_state);     // certificate
  CHECK_ERROR(MemoryPreKeys::load(changed(kSigned + 3, 1)), Errc::bad_state);      // id not used yet
  CHECK_ERROR(MemoryPreKeys::load(changed(kSigned + 11, 0)), Errc::bad_state);     // id 0
  CHECK_ERROR(MemoryPreKeys::load(changed(kSigned + 12, 0xff)), Errc::bad_state);  // created
  CHECK_ERROR(MemoryPreKeys::load(changed(kSigned + 20, 0xff)), Errc::bad_state);  // expires
  CHECK_ERROR(MemoryPreKeys::load(changed(kSigned + 28, 2)), Errc::bad_state);     // flag
  CHECK_ERROR(MemoryPreKeys::load(changed(kSigned + 4, 0xff)), Errc::bad_state);   // count
  constexpr std::size_t kOneTime = kSigned + 8 + 117;
  CHECK_ERROR(MemoryPreKeys::load(changed(kOneTime + 8 + 117 + 3, 1)), Errc::bad_state);  // same id twice
  CHECK_ERROR(MemoryPreKeys::load(changed(saved.size() - 1, 1)), Errc::bad_state);        // session id missing
  Bytes stray(saved.begin(), saved.end());
  stray.back() = 1;
  stray.resize(stray.size() + 36, 0x77);  // a session id that depends on no last-resort prekey
  CHECK_ERROR(MemoryPreKeys::load(stray), Errc::bad_state);
}
