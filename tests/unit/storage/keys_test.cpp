// Identities, prekeys, sessions, skipped keys, contacts and device lists.
#include <doctest/doctest.h>

#include "fixture.hpp"
#include "storage/crockford.hpp"

using namespace anochat;
using namespace anochat::storage;
using namespace anochat::storage::tests;

namespace {

PreKey prekey(PreKeyKind kind, std::uint32_t id, UnixTime expires) {
  PreKey out;
  out.kind = kind;
  out.id = id;
  out.private_key = SecretBytes(kind == PreKeyKind::one_time_kem ? 64 : 32, static_cast<std::uint8_t>(id));
  out.public_key = Bytes(32, 2);
  out.signature = Bytes(64, 3);
  out.expires = expires;
  return out;
}

SecretBytes record(std::uint8_t id, std::uint8_t value) {
  SecretBytes out(77, value);
  std::fill_n(out.begin(), kSkippedIdLen, id);
  return out;
}

}  // namespace

TEST_CASE("letters without a table are those of Crockford's base32") {
  using namespace anochat::storage::detail;
  const std::string_view alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  for (std::uint32_t bits = 0; bits < 32; ++bits) CHECK(crockford_letter(bits) == alphabet[bits]);
  for (int c = 0; c < 256; ++c) {
    const char letter = static_cast<char>(c);
    const char upper = letter >= 'a' && letter <= 'z' ? static_cast<char>(letter - 'a' + 'A') : letter;
    const char read = upper == 'O' ? '0' : upper == 'I' || upper == 'L' ? '1' : upper;
    const std::size_t place = alphabet.find(read);
    CAPTURE(c);
    CHECK(crockford_bits(letter) == (place == std::string_view::npos ? kNoCrockfordLetter : place));
  }
}

TEST_CASE("a first identity is trusted, another one blocks until the user decides") {
  MemoryStore t;
  auto tx = t.store.begin();
  Identities& ids = tx->identities;
  CHECK(ids.observe(device(1), Bytes{1}, t.now()) == Observed::first);
  CHECK(ids.observe(device(1), Bytes{1}, t.now()) == Observed::known);
  CHECK(ids.find(device(1))->trust == Trust::tofu);
  ids.set_trust(device(1), Trust::verified);
  CHECK(ids.observe(device(1), Bytes{2}, t.now()) == Observed::changed);
  CHECK(ids.find(device(1))->trust == Trust::changed);
  CHECK(ids.find(device(1))->public_key == Bytes{2});
  CHECK(ids.find(device(1))->changed == t.now());
  ids.set_trust(device(1), Trust::blocked);
  CHECK(ids.observe(device(1), Bytes{3}, t.now()) == Observed::changed);
  CHECK(ids.find(device(1))->trust == Trust::blocked);
  ids.observe(device(1, 2), Bytes{4}, t.now());
  CHECK(ids.of_account(account(1)).size() == 2);
  CHECK(ids.remove(device(1)));
  CHECK_FALSE(ids.remove(device(1)));
  CHECK_ERROR(ids.set_trust(device(1), Trust::tofu), Errc::not_found);
  CHECK_ERROR(ids.observe(device(1), {}, t.now()), Errc::invalid_argument);
}

TEST_CASE("a store is one device, and its identity does not change") {
  MemoryStore t;
  auto tx = t.store.begin();
  CHECK_FALSE(tx->identities.self().has_value());
  CHECK_FALSE(tx->identities.self_private_key().has_value());
  tx->identities.set_self(device(1), Bytes{1}, Bytes{9, 9}, t.now());
  CHECK(tx->identities.self()->address == device(1));
  CHECK(tx->identities.self_private_key() == SecretBytes{9, 9});
  CHECK_ERROR(tx->identities.set_self(device(2), Bytes{1}, Bytes{9}, t.now()), Errc::already_exists);
  CHECK_ERROR(tx->identities.observe(device(1), Bytes{2}, t.now()), Errc::self_session);
  CHECK_FALSE(tx->identities.remove(device(1)));
}

TEST_CASE("prekey ids never come back, and a one-time prekey is handed out once") {
  MemoryStore t;
  auto tx = t.store.begin();
  PreKeys& keys = tx->prekeys;
  CHECK(keys.take_ids(PreKeyKind::one_time_ec, 100) == 1);
  CHECK(keys.take_ids(PreKeyKind::one_time_ec, 1) == 101);
  CHECK(keys.take_ids(PreKeyKind::one_time_kem, 1) == 1);
  keys.insert(prekey(PreKeyKind::one_time_ec, 7, t.now()));
  CHECK_ERROR(keys.insert(prekey(PreKeyKind::one_time_ec, 7, t.now())), Errc::already_exists);
  CHECK_ERROR(keys.insert(prekey(PreKeyKind::one_time_ec, 0, t.now())), Errc::invalid_argument);
  CHECK(keys.consume(PreKeyKind::one_time_ec, 7).private_key == SecretBytes(32, 7));
  CHECK_ERROR(keys.consume(PreKeyKind::one_time_ec, 7), Errc::prekey_unknown);
  CHECK_ERROR(keys.find(PreKeyKind::signed_ec, 7), Errc::prekey_unknown);
  CHECK(keys.take_ids(PreKeyKind::one_time_ec, 0xffff'ffff - 101) == 102);
  CHECK_ERROR(keys.take_ids(PreKeyKind::one_time_ec, 1), Errc::counter_exhausted);
}

TEST_CASE("a prekey of no kind has no id") {
  MemoryStore t;
  auto tx = t.store.begin();
  CHECK_ERROR(tx->prekeys.take_ids(PreKeyKind{9}, 1), Errc::invalid_argument);
  for (const auto kind : {PreKeyKind::signed_ec, PreKeyKind::one_time_ec, PreKeyKind::one_time_kem,
                          PreKeyKind::last_resort_kem}) {
    CHECK(tx->prekeys.take_ids(kind, 1) == 1);  // each counts for itself
  }
}

TEST_CASE("prekeys are published, counted and expire") {
  MemoryStore t;
  auto tx = t.store.begin();
  PreKeys& keys = tx->prekeys;
  for (std::uint32_t id = 1; id <= 5; ++id) {
    keys.insert(prekey(PreKeyKind::one_time_kem, id, t.now() + std::chrono::days(id)));
  }
  keys.mark_published(PreKeyKind::one_time_kem, 2, t.now());
  CHECK(keys.unpublished(PreKeyKind::one_time_kem, 3).size() == 3);
  CHECK(keys.unpublished(PreKeyKind::one_time_kem, 3)[1].id == 3);
  CHECK(keys.newest(PreKeyKind::one_time_kem)->id == 5);
  CHECK(keys.newest(PreKeyKind::one_time_kem)->private_key.size() == 64);
  CHECK(keys.count(PreKeyKind::one_time_kem) == 5);
  CHECK(keys.remove_expired(t.now() + std::chrono::days(3)) == 2);
  CHECK(keys.count(PreKeyKind::one_time_kem) == 3);
  CHECK_ERROR(keys.mark_published(PreKeyKind::one_time_kem, 2, t.now()), Errc::prekey_unknown);
  CHECK(keys.note_session(filled<32>(1), t.now()));
  CHECK_FALSE(keys.note_session(filled<32>(1), t.now()));
  keys.remove_expired(t.now() + Milliseconds{1});
  CHECK(keys.note_session(filled<32>(1), t.now()));
}

TEST_CASE("a device has one active session; the ones before it are archived") {
  MemoryStore t;
  auto tx = t.store.begin();
  Sessions& s = tx->sessions;
  const Bytes state{1, 2, 3};
  const auto first = s.insert(device(1), filled<32>(1), {.state = state, .now = t.now()});
  t.clock.advance(Milliseconds{5});
  const auto second = s.insert(device(1), filled<32>(2), {.state = state, .now = t.now()});
  s.insert(device(1, 2), filled<32>(3), {.state = state, .now = t.now()});
  s.insert_archived(device(1), filled<32>(4), {.state = state, .now = t.now()});
  CHECK(s.active(device(1))->row == second);
  CHECK(s.archived(device(1)).size() == 2);
  CHECK(s.find(filled<32>(1))->archived == t.now());
  CHECK_ERROR(s.insert(device(9), filled<32>(1), {.state = state, .now = t.now()}), Errc::already_exists);
  CHECK_FALSE(s.active(device(9)).has_value());
  s.activate(first, t.now());
  CHECK(s.active(device(1))->row == first);
  CHECK_FALSE(s.active(device(1))->archived.has_value());
  CHECK(s.count(SessionStatus::active) == 2);
  CHECK(s.rows().size() == 4);
  CHECK(s.rows().back() == first);
  CHECK(s.trim_archived(device(1), 1) == 1);
  CHECK(s.archive_all(t.now()) == 2);
  CHECK(s.count(SessionStatus::active) == 0);
  CHECK_ERROR(s.archive(SessionRow{99}, t.now()), Errc::not_found);
  CHECK_ERROR(s.activate(SessionRow{99}, t.now()), Errc::not_found);
}

TEST_CASE("saving a session writes the difference of its skipped keys") {
  MemoryStore t;
  auto tx = t.store.begin();
  Sessions& s = tx->sessions;
  const std::vector<SecretBytes> three{record(1, 11), record(2, 12), record(3, 13)};
  const auto row = s.insert(device(1), filled<32>(1), {.state = Bytes{1}, .now = t.now(), .added = three});
  const std::vector<SkippedId> gone{filled<kSkippedIdLen>(2), filled<kSkippedIdLen>(9)};
  const std::vector<SecretBytes> one{record(4, 14)};
  s.save(row, {.state = Bytes{2}, .now = t.now() + Milliseconds{9}, .added = one, .removed = gone});
  CHECK(s.find(row)->state == SecretBytes{2});
  CHECK(s.skipped_keys(row) == std::vector<SecretBytes>{three[0], three[2], one[0]});
  CHECK_ERROR(s.save(row, {.state = Bytes{2}, .now = t.now(), .added = one}), Errc::already_exists);
  const std::vector<SecretBytes> bad{SecretBytes(kSkippedIdLen)};
  CHECK_ERROR(s.save(row, {.state = Bytes{2}, .now = t.now(), .added = bad}), Errc::invalid_argument);
  CHECK_ERROR(s.save(SessionRow{99}, {.state = Bytes{2}, .now = t.now()}), Errc::not_found);
  CHECK(s.remove_older(t.now(), t.now() + Milliseconds{1}) == std::pair<std::int64_t, std::int64_t>{0, 2});
  CHECK(s.remove(row));
  CHECK(s.skipped_keys(row).empty());
}

TEST_CASE("contacts have consent, and a profile that never gets older") {
  MemoryStore t;
  auto tx = t.store.begin();
  Contacts& c = tx->contacts;
  CHECK(c.consent(account(1)) == Consent::unknown);
  c.set_consent(account(1), Consent::allowed, t.now());
  CHECK(c.consent(account(1)) == Consent::allowed);
  CHECK(c.set_profile(account(1), "Zoé", Bytes{1}, t.now()));
  CHECK_FALSE(c.set_profile(account(1), "old", std::nullopt, t.now() - Milliseconds{1}));
  CHECK(c.find(account(1))->name == "Zoé");
  CHECK(c.find(account(1))->avatar == Bytes{1});
  c.set_local_name(account(2), "Anna", t.now());
  REQUIRE(c.list().size() == 2);
  CHECK(c.list()[0].account == account(2));
  CHECK(c.list(Consent::allowed).size() == 1);
  CHECK(c.remove(account(2)));
  CHECK_FALSE(c.find(account(2)).has_value());
}

TEST_CASE("device lists only move forward") {
  MemoryStore t;
  auto tx = t.store.begin();
  Contacts& c = tx->contacts;
  CHECK(c.set_device_list(account(1), 3, Bytes{1}, t.now()));
  CHECK_FALSE(c.set_device_list(account(1), 3, Bytes{1}, t.now()));
  CHECK_ERROR(c.set_device_list(account(1), 3, Bytes{2}, t.now()), Errc::stale_device_list);
  CHECK_ERROR(c.set_device_list(account(1), 2, Bytes{1}, t.now()), Errc::stale_device_list);
  CHECK_ERROR(c.set_device_list(account(1), 0, Bytes{1}, t.now()), Errc::invalid_argument);
  CHECK(c.set_device_list(account(1), 4, Bytes{2}, t.now()));
  CHECK(c.device_list(account(1))->version == 4);
  c.note_list_checked(account(1), t.now() + Milliseconds{7});
  CHECK(c.device_list(account(1))->version == 4);
  CHECK(c.device_list(account(1))->received == t.now() + Milliseconds{7});
}

TEST_CASE("meta values, counters and marks of progress") {
  MemoryStore t;
  auto tx = t.store.begin();
  CHECK_FALSE(tx->meta.number("x").has_value());
  tx->meta.set_number("x", -5);
  tx->meta.set_bytes("y", Bytes{1, 2});
  CHECK(tx->meta.number("x") == -5);
  CHECK(tx->meta.bytes("y") == SecretBytes{1, 2});
  tx->meta.set_bytes("x", Bytes{});
  CHECK_FALSE(tx->meta.number("x").has_value());
  tx->meta.remove("y");
  CHECK_FALSE(tx->meta.bytes("y").has_value());
  CHECK(tx->meta.take("c", 3, 4) == 1);
  CHECK_ERROR(tx->meta.take("c", 2, 4), Errc::counter_exhausted);
  CHECK_ERROR(tx->meta.take("c", 0, 4), Errc::invalid_argument);
  CHECK(tx->meta.take("c", 1, 4) == 4);
  CHECK(tx->meta.device_epoch() == 0);
  tx->meta.next_device_epoch();
  CHECK(tx->meta.device_epoch() == 1);
  tx->cursors.set("mailbox", Bytes{7}, t.now());
  tx->cursors.set("mailbox", Bytes{8}, t.now());
  CHECK(tx->cursors.find("mailbox") == Bytes{8});
  tx->cursors.remove("mailbox");
  CHECK_FALSE(tx->cursors.find("mailbox").has_value());
}
