// The saved state: it lies as docs/protocol.md, section 11, says, and nothing damaged is taken for a session.
#include "base/byte_io.hpp"
#include "crypto/blake2.hpp"
#include "support/check.hpp"
#include "support/forger.hpp"
#include "support/parties.hpp"
#include "support/skipped_rows.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

using namespace anochat;
using session::AgreementPhase;
using testing::Pair;
using testing::state_of;

namespace {

struct Sample {
  std::string name;
  SecretBytes saved;
};

// States of both sides in every phase of the agreement, some with skipped keys.
std::vector<Sample> samples() {
  Pair p(500, 1);
  std::vector<Sample> found{{"initiator before the first answer", p.alice.save()},
                            {"responder before answering", p.bob.save()}};
  bool is_seen[2][5] = {};
  for (int i = 0; i < 80; ++i) {
    for (Session* session : {&p.alice, &p.bob}) {
      const auto phase = static_cast<unsigned>(state_of(*session).agreement.phase);
      bool& seen = is_seen[session == &p.alice ? 0 : 1][phase];
      if (seen) continue;
      seen = true;
      found.push_back({"phase " + std::to_string(phase), session->save()});
    }
    Session& from = i % 2 == 0 ? p.bob : p.alice;
    Session& to = i % 2 == 0 ? p.alice : p.bob;
    if (i % 9 == 4) static_cast<void>(from.encrypt(as_bytes("lost"), p.random));
    p.clock.advance(std::chrono::seconds(1));
    p.pass(from, to, as_bytes("x"));
  }
  REQUIRE(p.alice.skipped_key_count() + p.bob.skipped_key_count() > 8);
  found.push_back({"initiator with skipped keys", p.alice.save()});
  found.push_back({"responder with skipped keys", p.bob.save()});
  REQUIRE(found.size() == 14);
  return found;
}

enum class Outcome { same, refused, wrong };

Outcome load(ByteView saved) {
  try {
    const Session session = Session::load(saved);
    const SecretBytes again = session.save();
    return std::equal(again.begin(), again.end(), saved.begin(), saved.end()) ? Outcome::same : Outcome::wrong;
  } catch (const Error& error) {
    return error.code() == Errc::bad_state || error.code() == Errc::unsupported_state ? Outcome::refused
                                                                                      : Outcome::wrong;
  }
}

// Uses a session that may have loaded from a damaged record: anything may be refused, nothing may crash.
void use(ByteView saved, ByteView message, UnixTime now, Random& random) {
  try {
    Session session = Session::load(saved);
    try {
      static_cast<void>(session.decrypt(message, now));
    } catch (const Error&) {
    }
    static_cast<void>(session.encrypt(as_bytes("x"), random));
    static_cast<void>(Session::load(session.save()));
  } catch (const Error&) {
  }
}

}  // namespace

TEST_CASE("a saved session of every phase loads and saves to the same bytes") {
  for (const Sample& sample : samples()) {
    CAPTURE(sample.name);
    CHECK(load(sample.saved) == Outcome::same);
  }
}

TEST_CASE("[37] a saved session with any one bit changed loads to exactly that, or is refused") {
  for (const Sample& sample : samples()) {
    CAPTURE(sample.name);
    SecretBytes changed = sample.saved;
    std::size_t refused = 0;
    for (std::size_t bit = 0; bit < 8 * changed.size(); ++bit) {
      changed[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
      const Outcome outcome = load(changed);
      CHECK_MESSAGE(outcome != Outcome::wrong, "bit " << bit);
      refused += outcome == Outcome::refused ? 1U : 0U;
      changed[bit / 8] = sample.saved[bit / 8];
    }
    CHECK(refused > 100);
  }
}

TEST_CASE("[37] a saved session with any one byte set to any value loads to exactly that, or is refused") {
  Pair p(501, 1);
  p.pass(p.bob, p.alice, as_bytes("x"));
  static_cast<void>(p.alice.encrypt(as_bytes("lost"), p.random));
  p.pass(p.alice, p.bob, as_bytes("y"));
  const SecretBytes saved = p.bob.save();
  const Bytes message = p.alice.encrypt(as_bytes("z"), p.random);
  SecretBytes changed = saved;
  for (std::size_t at = 0; at < saved.size(); ++at) {
    for (unsigned value = 0; value < 256; ++value) {
      changed[at] = static_cast<std::uint8_t>(value);
      REQUIRE_MESSAGE(load(changed) != Outcome::wrong, "byte " << at << " set to " << value);
    }
    use(changed, message, p.clock.now(), p.random);
    changed[at] = saved[at];
  }
}

TEST_CASE("[37] a damaged session that loads can be used without a crash") {
  Pair p(502, 1);
  const Bytes message = p.alice.encrypt(as_bytes("z"), p.random);
  for (const Sample& sample : samples()) {
    SecretBytes changed = sample.saved;
    for (std::size_t at = 0; at < changed.size(); ++at) {
      changed[at] ^= 0x55;
      use(changed, message, p.clock.now(), p.random);
      changed[at] = sample.saved[at];
    }
  }
}

TEST_CASE("[37] a saved session of any other length is refused") {
  for (const Sample& sample : samples()) {
    CAPTURE(sample.name);
    for (std::size_t length = 0; length < sample.saved.size(); ++length) {
      REQUIRE(load(ByteView(sample.saved).first(length)) == Outcome::refused);
    }
    SecretBytes longer = sample.saved;
    for (int i = 0; i < 160; ++i) {
      longer.push_back(0);
      REQUIRE(load(longer) == Outcome::refused);
    }
  }
}

TEST_CASE("records of other versions and suites are told apart from damage") {
  Pair p(503, 1);
  SecretBytes saved = p.bob.save();
  const auto with = [&](std::size_t at, std::uint8_t value) {
    SecretBytes changed = saved;
    changed[4 + at] = value;
    return changed;
  };
  CHECK(saved[4] == 1);
  CHECK(saved[5] == 1);
  CHECK_ERROR(Session::load(with(0, 2)), Errc::unsupported_state);
  CHECK_ERROR(Session::load(with(0, 255)), Errc::unsupported_state);
  CHECK_ERROR(Session::load(with(1, 2)), Errc::unsupported_state);
  CHECK_ERROR(Session::load(with(0, 0)), Errc::bad_state);
  CHECK_ERROR(Session::load_record(ByteView(with(0, 2)).subspan(4), {}), Errc::unsupported_state);
}

TEST_CASE("a record of version 1 has the bytes that it always had") {
  Pair p(504, 1);
  p.settle();
  static_cast<void>(p.alice.encrypt(as_bytes("lost"), p.random));
  p.pass(p.alice, p.bob, as_bytes("kept"));
  const SecretBytes saved = p.bob.save();
  CHECK(saved.size() == 1'524);
  CHECK(to_hex(crypto::Hasher().add(saved).finish()) ==
        "a6c32fed4faeefbebe9db65d52ae7fb0b40b41219d6cddf9b7fecd7873253654");
}

TEST_CASE("a handshake without one-time prekeys comes to the keys that it always came to") {
  Pair p(512, 0);
  CHECK(to_hex(crypto::Hasher().add(p.alice.save()).finish()) ==
        "77814bfc691d18c4182b688b2104a84ad6652e378f6fb7aae4cd241c919fb705");
  CHECK(to_hex(crypto::Hasher().add(p.bob.save()).finish()) ==
        "fd01bf8e5bbfa6ece9bdc8e9d48c47ca143862c7d21464af988991a3d7952152");
}

TEST_CASE("a record's fields lie where the protocol says") {
  Pair p(505, 1);
  for (int i = 0; i < 30; ++i) {
    Session& from = i % 2 == 0 ? p.bob : p.alice;
    Session& to = i % 2 == 0 ? p.alice : p.bob;
    if (i % 7 == 3) static_cast<void>(from.encrypt(as_bytes("lost"), p.random));
    p.pass(from, to, as_bytes("x"));
    const SecretBytes record = to.save_record();
    const SessionAccess::State& s = state_of(to);
    detail::ByteReader in(record, Errc::internal, "test");
    const auto is_next = [&](ByteView bytes) {
      const ByteView read = in.take(bytes.size());
      return std::equal(bytes.begin(), bytes.end(), read.begin());
    };
    CHECK(in.be16() == 0x0101);
    const unsigned flags = in.u8();
    CHECK(((flags & 1) != 0) == to.is_initiator());
    CHECK((flags & 128) != 0);
    CHECK(is_next(to.id()));
    CHECK(is_next(s.ad.expose()));
    CHECK(is_next(s.exporter.expose()));
    CHECK(is_next(to.peer_address().encode()));
    CHECK(is_next(to.peer_identity().encode()));
    CHECK(is_next(s.ec.root.expose()));
    CHECK(is_next(s.ec.next_sending_header.expose()));
    CHECK(is_next(s.ec.next_receiving_header.expose()));
    REQUIRE(((flags & 32) != 0) == s.ec.own.has_value());
    CHECK(is_next(s.ec.own->private_key.expose()));
    CHECK(is_next(s.ec.own->public_key));
    REQUIRE(((flags & 64) != 0) == s.ec.remote.has_value());
    CHECK(is_next(*s.ec.remote));
    CHECK(in.be32() == s.ec.previous_count);
    REQUIRE(((flags & 2) != 0) == s.ec.sending.has_value());
    CHECK(((flags & 8) != 0) == s.ec.is_step_due);
    for (const auto& chain : {&s.ec.sending, &s.ec.receiving}) {
      if (!*chain) continue;
      CHECK(is_next((*chain)->key.expose()));
      CHECK(is_next((*chain)->header_key.expose()));
      CHECK(in.be32() == (*chain)->next);
    }
    CHECK(in.be64() == s.ec.receiving_id);
    REQUIRE(in.u8() == s.ec.kept.size());
    for (const session::KeptChain& chain : s.ec.kept) {
      CHECK(in.be64() == chain.id);
      CHECK(is_next(chain.header_key.expose()));
    }
    CHECK(is_next(s.pq.chains.root.expose()));
    CHECK(is_next(s.agreement.auth.expose()));
    CHECK(in.be64() == to.pq_epoch());
    CHECK(in.be32() == s.pq.chains.sending.last);
    CHECK(is_next(s.pq.chains.sending.key.expose()));
    const std::size_t receiving_count = in.u8();
    REQUIRE(receiving_count == s.pq.chains.receiving_count);
    for (std::size_t c = 0; c < receiving_count; ++c) {
      CHECK(in.be64() == s.pq.chains.receiving[c].epoch);
      CHECK(in.be32() == s.pq.chains.receiving[c].chain.last);
      CHECK(is_next(s.pq.chains.receiving[c].chain.key.expose()));
    }
    const unsigned phase = in.u8();
    CHECK(phase == static_cast<unsigned>(s.agreement.phase));
    const std::size_t expected_left[] = {0, 64 + 2 + 1 + 34 * s.agreement.collected, 1 + 34 * s.agreement.collected,
                                         1'184, 1'120 + 2 + 32};
    CHECK(in.left() == expected_left[phase]);
  }
}

TEST_CASE("[37] skipped keys that break their rules are refused") {
  Pair p(506, 1);
  p.settle();
  for (int i = 0; i < 2; ++i) static_cast<void>(p.alice.encrypt(as_bytes("lost"), p.random));
  p.pass(p.bob, p.alice, as_bytes("x"));
  for (int i = 0; i < 2; ++i) static_cast<void>(p.alice.encrypt(as_bytes("lost"), p.random));
  p.pass(p.alice, p.bob, as_bytes("x"));
  const SecretBytes record = p.bob.save_record();
  testing::SkippedRows rows;
  testing::apply(p.bob.skipped_key_changes(), rows);
  REQUIRE(rows.size() == 8);  // two of an older chain and two of the present one, and four of the PQ ratchet

  const auto load_with = [&](std::size_t at, const std::function<void(SkippedKeyId&)>& change) {
    std::vector<SkippedKeyRecord> changed = testing::rows_of(rows);
    change(changed[at].id);
    return Session::load_record(record, std::move(changed)).save();
  };
  CHECK(load_with(0, [](SkippedKeyId&) {}) == p.bob.save());
  std::vector<SkippedKeyRecord> backwards = testing::rows_of(rows);
  std::reverse(backwards.begin(), backwards.end());
  CHECK(Session::load_record(record, std::move(backwards)).save() == p.bob.save());

  CHECK_ERROR(load_with(0, [](SkippedKeyId& id) { ++id.n; }), Errc::bad_state);  // twice the same
  CHECK_ERROR(load_with(0, [](SkippedKeyId& id) { id.n = 1U << 31; }), Errc::bad_state);
  CHECK_ERROR(load_with(0, [](SkippedKeyId& id) { id.chain = 99; }), Errc::bad_state);  // a chain that is not there
  CHECK_ERROR(load_with(3, [](SkippedKeyId& id) { id.n += 50; }), Errc::bad_state);     // of a message still to come
  CHECK_ERROR(load_with(4, [](SkippedKeyId& id) { id.n = 0; }), Errc::bad_state);       // PQ numbers start at 1
  CHECK_ERROR(load_with(7, [](SkippedKeyId& id) { id.n += 1; }), Errc::bad_state);     // of the message that was opened
  CHECK_ERROR(load_with(7, [](SkippedKeyId& id) { id.chain = 1; }), Errc::bad_state);  // of an epoch still to come
  CHECK(Session::load_record(record, {}).skipped_key_count() == 0);                    // a store may have lost them,
  // a complete save may not
  SecretBytes without_rows = p.bob.save();
  without_rows.resize(4 + record.size() + 4);
  detail::put_be32(&without_rows[4 + record.size()], 0);
  CHECK_ERROR(Session::load(without_rows), Errc::bad_state);
}

TEST_CASE("[37] skipped keys of an unknown kind, or skipped too far in the future, are refused") {
  Pair p(511, 1);
  p.settle();
  static_cast<void>(p.alice.encrypt(as_bytes("lost"), p.random));
  p.pass(p.alice, p.bob, as_bytes("x"));
  SecretBytes saved = p.bob.save();
  std::uint8_t* const key = &saved[saved.size() - session::kSkippedRecordLen];  // the only one of the PQ ratchet
  REQUIRE(*key == 2);
  for (const unsigned kind : {0U, 1U, 3U, 255U}) {
    *key = static_cast<std::uint8_t>(kind);
    CHECK_ERROR(Session::load(saved), Errc::bad_state);
  }
  *key = 2;
  std::uint8_t* const since = key + 1 + 8 + 4;
  const auto load_since = [&](std::uint64_t seconds) {
    for (unsigned i = 0; i < 8; ++i) since[i] = static_cast<std::uint8_t>(seconds >> (56 - 8 * i));
    return load(saved);
  };
  const std::uint64_t end = std::uint64_t{1} << 40;
  CHECK(load_since(0) == Outcome::same);
  CHECK(load_since(end - 1) == Outcome::same);
  CHECK(load_since(end) == Outcome::refused);
  CHECK(load_since(~std::uint64_t{0}) == Outcome::refused);
}

TEST_CASE("[37] a record with as many symbols as would complete the payload, or with one twice, is refused") {
  Pair p(510, 1);
  p.settle();
  for (Session* session : {&p.alice, &p.bob}) {
    session::PqAgreement& agreement = state_of(*session).agreement;
    const std::size_t needed = agreement.phase == AgreementPhase::holder ? session::kCtSymbols : session::kEkSymbols;
    for (std::size_t i = 0; i < needed; ++i) agreement.indexes[i] = static_cast<std::uint16_t>(i);
    agreement.collected = needed - 1;
    CHECK(load(session->save()) == Outcome::same);
    agreement.collected = needed;
    CHECK_ERROR(Session::load(session->save()), Errc::bad_state);
    agreement.collected = 3;
    agreement.indexes[2] = 0;
    CHECK_ERROR(Session::load(session->save()), Errc::bad_state);
  }
}

TEST_CASE("[37] more skipped keys than may be kept are refused") {
  Pair p(509, 1);
  p.settle();
  std::vector<Bytes> sent;
  for (int i = 0; i < 2'002; ++i) sent.push_back(p.alice.encrypt(as_bytes("x"), p.random));
  testing::SkippedRows rows;
  for (const std::size_t at : {1'000U, 2'001U}) {
    CHECK(p.bob.decrypt(sent[at], p.clock.now()).size() == 1);
    testing::apply(p.bob.skipped_key_changes(), rows);
  }
  REQUIRE(rows.size() == 4'000);
  CHECK(Session::load_record(p.bob.save_record(), testing::rows_of(rows)).save() == p.bob.save());
  CHECK(load(p.bob.save()) == Outcome::same);
  std::vector<SkippedKeyRecord> one_more = testing::rows_of(rows);
  one_more.push_back(testing::clone(one_more[0]));
  one_more.back().id.n = 0;  // the chain's first message, which was opened
  CHECK_ERROR(Session::load_record(p.bob.save_record(), std::move(one_more)), Errc::bad_state);
}

TEST_CASE("a session loads to itself although the clock was set back while it skipped") {
  Pair p(507, 1);
  p.settle();
  for (int i = 0; i < 4; ++i) {
    static_cast<void>(p.alice.encrypt(as_bytes("lost"), p.random));
    p.pass(p.alice, p.bob, as_bytes("x"));
    p.clock.advance(-std::chrono::hours(1));
    p.pass(p.bob, p.alice, as_bytes("y"));
  }
  REQUIRE(p.bob.skipped_key_count() == 8);
  CHECK(load(p.bob.save()) == Outcome::same);
}

TEST_CASE("a sealed session opens with its key and with no other") {
  Pair p(508, 1);
  StateKey key;
  key.expose_mutable()[0] = 1;
  const StateKey other;
  const Bytes sealed = p.bob.seal(key, p.random);
  CHECK(Session::open(key, sealed).save() == p.bob.save());
  CHECK_ERROR(Session::open(other, sealed), Errc::bad_state);
  CHECK(p.bob.seal(key, p.random) != sealed);
  for (std::size_t at = 0; at < sealed.size(); ++at) {
    Bytes changed = sealed;
    changed[at] ^= 1;
    CHECK_ERROR(Session::open(key, changed), Errc::bad_state);
  }
  for (const std::size_t length : {std::size_t{0}, std::size_t{63}, std::size_t{64}, sealed.size() - 1}) {
    CHECK_ERROR(Session::open(key, ByteView(sealed).first(length)), Errc::bad_state);
  }
}
