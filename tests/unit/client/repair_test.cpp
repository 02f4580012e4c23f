// Messages that could not be opened, and stores that went back in time.
#include <doctest/doctest.h>

#include <anochat/framing/envelope.hpp>

#include <algorithm>

#include "client/addressing.hpp"
#include "file_world.hpp"

using namespace anochat;
using namespace anochat::client::tests;
using Texts = std::vector<std::string>;

namespace {

/// What waits for bob, with the last byte of each envelope changed.
void deliver_damaged(Pair& t) {
  for (const Bytes& frame : t.alice.client.outgoing()) t.relay.receive(*t.alice.connection, frame);
  for (const Bytes& frame : t.relay.take(*t.bob.connection)) {
    RelayFrame decoded = decode_relay_frame(frame);
    if (auto* deliver = std::get_if<Deliver>(&decoded.body)) {
      for (Bytes& envelope : deliver->envelopes) envelope.back() ^= 1;
    }
    t.bob.client.receive(encode(decoded));
  }
}

}  // namespace

TEST_CASE("a damaged message is reported with its sender, asked for again, and arrives") {
  Pair t;
  t.befriend();
  t.alice.client.send_text(t.alice.with(t.bob), "precious");
  deliver_damaged(t);
  const auto failures = t.bob.all<event::DecryptFailure>();
  REQUIRE(failures.size() == 1);
  CHECK(failures[0].reason == Errc::bad_message);
  CHECK(failures[0].sender == t.alice.client.address());
  CHECK(failures[0].repair == storage::Repair::requested);
  CHECK(t.bob.client.explain(failures[0].failure).will_be_retried);
  t.settle();
  CHECK(t.bob.texts(t.alice) == Texts{"hello", "hi", "precious"});
  CHECK(t.bob.all<event::FailureRepaired>().size() == 1);
  CHECK(t.bob.client.explain(failures[0].failure).repair == storage::Repair::repaired);
  t.bob.client.send_text(t.bob.with(t.alice), "got it");
  t.settle();
  CHECK(t.alice.texts(t.bob).back() == "got it");
}

TEST_CASE("when nobody can tell who wrote what cannot be opened, those who wrote lately are asked, and it arrives") {
  Pair t;
  t.befriend();
  t.alice.client.send_text(t.alice.with(t.bob), "precious");
  for (const Bytes& frame : t.alice.client.outgoing()) t.relay.receive(*t.alice.connection, frame);
  for (const Bytes& frame : t.relay.take(*t.bob.connection)) {
    RelayFrame decoded = decode_relay_frame(frame);
    if (auto* deliver = std::get_if<Deliver>(&decoded.body)) {
      for (Bytes& encoded : deliver->envelopes) {
        const EnvelopeView envelope = decode_envelope(encoded);
        Bytes blob(envelope.blob.begin(), envelope.blob.end());
        blob[5] ^= 1;  // the header: no session recognises it
        encoded = encode_envelope({envelope.mailbox, envelope.id, envelope.expires, envelope.is_ephemeral, blob});
      }
    }
    t.bob.client.receive(encode(decoded));
  }
  const auto failures = t.bob.all<event::DecryptFailure>();
  REQUIRE(failures.size() == 1);
  CHECK_FALSE(failures[0].sender);
  CHECK(failures[0].repair == storage::Repair::requested);
  t.settle();
  CHECK(t.bob.texts(t.alice) == Texts{"hello", "hi", "precious"});
  CHECK(t.bob.all<event::FailureRepaired>().size() == 1);
}

TEST_CASE("one bad envelope does not disturb the others of its batch") {
  Pair t;
  t.befriend();
  for (int i = 0; i < 10; ++i) t.alice.client.send_text(t.alice.with(t.bob), std::to_string(i));
  for (const Bytes& frame : t.alice.client.outgoing()) t.relay.receive(*t.alice.connection, frame);
  for (const Bytes& frame : t.relay.take(*t.bob.connection)) {
    RelayFrame decoded = decode_relay_frame(frame);
    auto& envelopes = std::get<Deliver>(decoded.body).envelopes;
    REQUIRE(envelopes.size() == 10);
    envelopes[4].back() ^= 1;
    t.bob.client.receive(encode(decoded));
  }
  CHECK(t.bob.texts(t.alice).size() == 2 + 9);
  t.settle();
  CHECK(t.bob.texts(t.alice).size() == 2 + 10);
}

TEST_CASE("repair is asked for once an hour, whatever arrives") {
  Pair t;
  t.befriend();
  for (int i = 0; i < 5; ++i) {
    t.alice.client.send_text(t.alice.with(t.bob), std::to_string(i));
    deliver_damaged(t);
  }
  const auto failures = t.bob.all<event::DecryptFailure>();
  REQUIRE(failures.size() == 5);
  CHECK(std::count_if(failures.begin(), failures.end(), [](const auto& one) { return one.repair == storage::Repair::requested; }) == 1);
  t.settle();
  CHECK(t.bob.texts(t.alice).size() == 2 + 5);  // one answer brought them all
}

TEST_CASE("2,001 messages ahead is explained and healed") {
  Pair t;
  t.befriend();
  for (int group = 0; group < 21; ++group) {
    std::vector<OutgoingMessage> messages;
    for (int i = 0; i < 100; ++i) messages.push_back({t.alice.with(t.bob), content::Text{std::to_string(group * 100 + i)}});
    t.alice.client.send_many(messages);
  }
  for (int round = 0; round < 10; ++round) {  // bob's phone loses what the relay hands over
    for (const Bytes& frame : t.alice.client.outgoing()) t.relay.receive(*t.alice.connection, frame);
    for (const Bytes& frame : t.relay.take(*t.alice.connection)) t.alice.client.receive(frame);
    static_cast<void>(t.relay.take(*t.bob.connection));
  }
  t.alice.client.send_text(t.alice.with(t.bob), "last");
  t.settle();
  const auto failures = t.bob.all<event::DecryptFailure>();
  REQUIRE(failures.size() == 1);
  CHECK(failures[0].reason == Errc::gap_too_large);
  CHECK(t.bob.client.explain(failures[0].failure).text.find("1,000") != std::string::npos);
  CHECK(t.bob.texts(t.alice).back() == "last");
  t.disconnect(t.bob);  // what the relay still has comes again
  t.connect(t.bob);
  t.settle();
  CHECK(t.bob.client.snapshot()->messages.count(t.bob.with(t.alice)) == 2 + 2'100 + 1);
}

TEST_CASE("an older copy of the store never sends on its sessions, says so, and heals") {
  World t;
  FileParty alice(t, "Alice");
  FileParty bob(t, "Bob");
  t.connect(*alice);
  t.connect(*bob);
  t.settle();
  alice->client.send_text(alice->with(*bob), "hello");
  t.settle();
  bob->client.send_text(bob->with(*alice), "hi");
  t.settle();
  bob.close();
  bob.keep_copy();
  bob.open();
  t.connect(*bob);
  for (int i = 0; i < 3; ++i) {
    bob->client.send_text(bob->with(*alice), "later " + std::to_string(i));
    t.settle();
    alice->client.send_text(alice->with(*bob), "yes " + std::to_string(i));
    t.settle();
  }
  const ConversationHandle with_bob = alice->with(*bob);
  bob.close();
  alice->client.send_text(with_bob, "while you were away");
  t.settle();
  bob.bring_back();
  CHECK_ERROR(bob.open(), Errc::rolled_back);
  bob.open(/*accept_rolled_back=*/true);
  REQUIRE(bob->all<event::StateRolledBack>().size() == 1);
  CHECK(bob->all<event::StateRolledBack>()[0].sessions == 1);
  CHECK(bob->client.snapshot()->sessions.count(storage::SessionStatus::active) == 0);
  bob->client.send_text(bob->with(*alice), "I am back");
  CHECK(bob->client.snapshot()->outbox.count(storage::OutboxState::waiting) == 0);  // nothing sealed on the old ones
  t.connect(*bob);
  t.settle();
  CHECK(alice->texts(*bob).back() == "I am back");
  const Texts texts = bob->texts(*alice);
  CHECK(std::count(texts.begin(), texts.end(), "while you were away") == 1);
  alice->client.send_text(alice->with(*bob), "welcome");
  t.settle();
  CHECK(bob->texts(*alice).back() == "welcome");
  CHECK(alice->client.snapshot()->decrypt_failures.latest(10).empty());
}

TEST_CASE("garbage is put on record and nothing else happens") {
  Pair t;
  t.befriend();
  Envelope garbage;
  garbage.mailbox = anochat::client::mailbox_of(t.bob.client.address());
  garbage.id.bytes.fill(9);
  garbage.expires = expiry_hour(t.clock.now() + std::chrono::hours{5});
  garbage.blob = Bytes(356, 0x42);
  t.bob.client.receive(encode(RelayFrame{0, Deliver{{encode_envelope(garbage.view())}}}));
  REQUIRE(t.bob.all<event::DecryptFailure>().size() == 1);
  CHECK_FALSE(t.bob.all<event::DecryptFailure>()[0].sender.has_value());
  t.settle();
  t.alice.client.send_text(t.alice.with(t.bob), "fine");
  t.settle();
  CHECK(t.bob.texts(t.alice).back() == "fine");
}

TEST_CASE("two stores that both are older copies agree on one session, and then fall silent") {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    CAPTURE(seed);
    Pair t(seed);
    for (std::uint64_t i = 0; i < seed; ++i) static_cast<void>(t.alice.random->array<8>());  // other session ids
    t.befriend();
    for (Party* party : {&t.alice, &t.bob}) {
      t.disconnect(*party);
      t.relay.set_generation(party->client.address().encode(), 1'000);
    }
    t.alice.client.send_text(t.alice.with(t.bob), "from alice");
    t.bob.client.send_text(t.bob.with(t.alice), "from bob");
    const std::uint64_t before = t.relay.counters().submissions;
    t.connect(t.alice);
    t.connect(t.bob);
    t.settle();
    for (int hour = 0; hour < 48; ++hour) t.advance(std::chrono::hours{1});
    CHECK(t.relay.counters().submissions - before <= 20);
    const auto session_of = [](Party& of, Party& with) {
      return of.client.snapshot()->sessions.active(with.client.address())->session_id;
    };
    CHECK(session_of(t.alice, t.bob) == session_of(t.bob, t.alice));
    for (Party* party : {&t.alice, &t.bob}) {
      CHECK(party->all<event::StateRolledBack>().size() == 1);
      CHECK(party->client.snapshot()->decrypt_failures.latest(10).empty());
    }
    for (const Texts& texts : {t.alice.texts(t.bob), t.bob.texts(t.alice)}) {
      CHECK(texts.size() == 4);
      CHECK(std::count(texts.begin(), texts.end(), "from alice") == 1);
      CHECK(std::count(texts.begin(), texts.end(), "from bob") == 1);
    }
  }
}

TEST_CASE("a relay that invents roll-backs and keeps bundles back does not fill the store with requests") {
  Pair t;
  t.befriend();
  t.disconnect(t.bob);
  t.relay.forget_prekeys(t.bob.client.address().encode());
  std::uint64_t generation = 1'000;
  for (int day = 0; day < 5; ++day) {
    for (int lie = 0; lie < 3; ++lie) {
      t.disconnect(t.alice);
      t.relay.set_generation(t.alice.client.address().encode(), generation += 1'000);
      t.connect(t.alice);
      t.settle();
      t.advance(std::chrono::minutes{2});
    }
    t.advance(std::chrono::hours{25});
  }
  REQUIRE(t.alice.all<event::StateRolledBack>().size() == 15);
  CHECK(t.alice.client.snapshot()->pending_sends.of(t.bob.id()).size() == 1);
  t.connect(t.bob);
  t.bob.client.send_text(t.bob.with(t.alice), "here I am");
  t.settle();
  CHECK(t.alice.texts(t.bob).back() == "here I am");
}

TEST_CASE("somebody who was not let in yet is not asked for what cannot be opened before he is") {
  Pair t;
  t.alice.client.send_text(t.alice.with(t.bob), "let me in");
  t.settle();
  t.alice.client.send_text(t.alice.with(t.bob), "please");
  deliver_damaged(t);
  const auto failures = t.bob.all<event::DecryptFailure>();
  REQUIRE(failures.size() == 1);
  CHECK(failures[0].sender == t.alice.client.address());
  CHECK(failures[0].repair == storage::Repair::none);
  t.settle();
  const std::uint64_t before = t.relay.counters().submissions;
  for (int hour = 0; hour < 3; ++hour) t.advance(std::chrono::hours{1});
  CHECK(t.relay.counters().submissions == before);  // nothing goes back
  t.bob.client.allow(t.alice.id());
  for (int hour = 0; hour < 3; ++hour) t.advance(std::chrono::hours{1});
  CHECK(t.bob.texts(t.alice) == Texts{"let me in", "please"});
  CHECK(t.bob.all<event::FailureRepaired>().size() == 1);
}
