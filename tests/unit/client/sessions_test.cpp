// Which session is used: crossing first messages, restarts, silence.
#include <doctest/doctest.h>

#include <anochat/framing/envelope.hpp>
#include <anochat/framing/limits.hpp>
#include <functional>

#include "client/addressing.hpp"
#include "client/skipped_rows.hpp"
#include "file_world.hpp"
#include "support/session_access.hpp"

using namespace anochat;
using namespace anochat::client::tests;
using Texts = std::vector<std::string>;

namespace {

std::optional<storage::Hash> active_id(Party& party, const Party& peer) {
  const auto session = party.client.snapshot()->sessions.active(peer.client.address());
  return session ? std::optional(session->session_id) : std::nullopt;
}

/// Writes the active session with a peer into the store as `change` makes it, and opens the store again.
void forge_session(FileParty& party, const Party& peer, const std::function<void(SessionAccess::State&)>& change) {
  party->client.store().write([&](storage::Records& records) {
    const auto record = records.sessions.active(peer.client.address());
    REQUIRE(record.has_value());
    Session session = Session::load_record(record->state, anochat::client::read_skipped(records.sessions.skipped_keys(record->row)));
    change(SessionAccess::state(session));
    const SecretBytes state = session.save_record();
    records.sessions.save(record->row, {.state = state, .now = record->last_used});
  });
  party.restart();
}

/// Two friends; alice's session can send `left` more messages.
struct NearlySpent : World {
  FileParty alice{*this, "Alice"};
  FileParty bob{*this, "Bob"};

  NearlySpent(std::uint32_t left, bool in_pq_chain) {
    connect(*alice);
    connect(*bob);
    settle();
    alice->client.send_text(alice->with(*bob), "hello");
    settle();
    bob->client.send_text(bob->with(*alice), "hi");
    settle();
    const std::uint32_t used = kCounterEnd - 1 - left;
    forge_session(alice, *bob, [&](SessionAccess::State& state) {
      REQUIRE(state.ec.sending.has_value());
      state.ec.is_step_due = false;  // as before bob's answer: a step begins a new chain
      if (in_pq_chain) {
        state.pq.chains.sending.last = used;
      } else {
        state.ec.sending->next = used;
      }
    });
    forge_session(bob, *alice, [&](SessionAccess::State& state) {
      REQUIRE(state.ec.receiving.has_value());
      if (in_pq_chain) {
        state.pq.chains.receiving[state.pq.chains.receiving_count - 1].chain.last = used;
      } else {
        state.ec.receiving->next = used;
      }
    });
    alice->forget_events();
    bob->forget_events();
  }
};

}  // namespace

TEST_CASE("[26] a peer that begins a new session with every message costs a handful of sessions") {
  World t;
  FileParty mallory{t, "Mallory"};
  Party alice = t.make("Alice", [](ClientOptions& options) { options.allow_strangers = true; });
  t.connect(alice);
  t.connect(*mallory);
  t.settle();
  for (int i = 0; i < 12; ++i) {
    mallory->client.store().write([](storage::Records& records) {
      for (const storage::SessionRow row : records.sessions.rows()) records.sessions.remove(row);
    });
    mallory.restart();
    t.settle();
    mallory->client.send_text(mallory->with(alice), std::to_string(i));
    t.settle();
    CHECK(alice.client.snapshot()->sessions.rows().size() <= 1 + kMaxArchivedSessions);
  }
  CHECK(alice.texts(*mallory).size() == 12);
  CHECK(alice.client.snapshot()->sessions.rows().size() == 1 + kMaxArchivedSessions);
  alice.client.send_text(alice.with(*mallory), "still here");
  t.settle();
  t.advance(std::chrono::hours(1));  // on a session that mallory has thrown away: it is asked for again
  CHECK(mallory->texts(alice).back() == "still here");
}

TEST_CASE("two first messages that cross lead to one session") {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    Pair t(seed);
    t.alice.client.send_text(t.alice.with(t.bob), "a");
    t.bob.client.send_text(t.bob.with(t.alice), "b");
    // Both fetch and write before either receives.
    for (int round = 0; round < 2; ++round) {
      for (Party* party : {&t.alice, &t.bob}) {
        for (const Bytes& frame : party->client.outgoing()) t.relay.receive(*party->connection, frame);
      }
      if (round == 1) break;
      for (Party* party : {&t.alice, &t.bob}) {
        for (const Bytes& frame : t.relay.take(*party->connection)) party->client.receive(frame);
      }
    }
    t.settle();
    t.alice.client.send_text(t.alice.with(t.bob), "c");
    t.bob.client.send_text(t.bob.with(t.alice), "d");
    t.settle();
    REQUIRE(active_id(t.alice, t.bob).has_value());
    CHECK(active_id(t.alice, t.bob) == active_id(t.bob, t.alice));
    CHECK(t.alice.texts(t.bob).size() == 4);
    CHECK(t.bob.texts(t.alice).size() == 4);
    CHECK(t.alice.all<event::DecryptFailure>().empty());
    CHECK(t.bob.all<event::DecryptFailure>().empty());
  }
}

TEST_CASE("a restart between any two steps loses and repeats nothing") {
  World t;
  FileParty alice(t, "Alice");
  FileParty bob(t, "Bob");
  t.connect(*alice);
  t.connect(*bob);
  t.settle();
  Texts expected;
  for (int i = 0; i < 6; ++i) {
    FileParty& from = i % 2 == 0 ? alice : bob;
    FileParty& to = i % 2 == 0 ? bob : alice;
    expected.push_back("message " + std::to_string(i));
    from->client.send_text(from->with(*to), expected.back());
    from.restart();
    if (i % 3 == 0) static_cast<void>(from->client.outgoing());  // made, and lost with the process
    from.restart();
    t.settle();
    to.restart();
    t.settle();
    CHECK(alice->texts(*bob) == expected);
    CHECK(bob->texts(*alice) == expected);
  }
  CHECK(bob->client.snapshot()->decrypt_failures.latest(10).empty());
  CHECK(alice->client.snapshot()->decrypt_failures.latest(10).empty());
}

TEST_CASE("skipped messages open after a restart") {
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
  for (int i = 0; i < 3; ++i) alice->client.send_text(alice->with(*bob), std::to_string(i));
  for (const Bytes& frame : alice->client.outgoing()) t.relay.receive(*alice->connection, frame);
  std::vector<Bytes> envelopes;
  for (const Bytes& frame : t.relay.take(*bob->connection)) {
    const RelayFrame decoded = decode_relay_frame(frame);
    for (const Bytes& one : std::get<Deliver>(decoded.body).envelopes) envelopes.push_back(one);
  }
  REQUIRE(envelopes.size() == 3);
  bob->client.receive(encode(RelayFrame{0, Deliver{{envelopes[2]}}}));
  bob.restart();  // the relay now delivers all three again, in order
  t.settle();
  CHECK(bob->texts(*alice) == Texts{"hello", "hi", "2", "0", "1"});
}

TEST_CASE("a store that another client has open is refused and not harmed") {
  World t;
  FileParty alice(t, "Alice");
  for (int i = 0; i < 20; ++i) CHECK_ERROR(alice.open(), Errc::store_busy);
  alice->client.send_text(alice->client.conversation_with(alice->id()), "still here");
  CHECK(alice->texts(*alice).size() == 1);
}

TEST_CASE("on a session without an answer for 30 days nothing more is sent, and both go on with the next") {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    Pair t(seed);
    for (std::uint64_t i = 0; i < seed; ++i) static_cast<void>(t.alice.random->array<8>());  // other session ids
    t.alice.client.send_text(t.alice.with(t.bob), "anybody?");
    t.settle();
    const auto first = active_id(t.alice, t.bob);
    t.advance(std::chrono::days{31});
    t.alice.client.send_text(t.alice.with(t.bob), "hello again");
    t.settle();
    CHECK(active_id(t.alice, t.bob) != first);
    CHECK(active_id(t.alice, t.bob) == active_id(t.bob, t.alice));
    CHECK(t.bob.texts(t.alice).back() == "hello again");
  }
}

TEST_CASE("a session that has sent its last message is followed by a new one, and no message is lost") {
  for (const bool in_pq_chain : {false, true}) {
    CAPTURE(in_pq_chain);
    NearlySpent t(2, in_pq_chain);
    const auto spent = active_id(*t.alice, *t.bob);
    const ConversationHandle with_bob = t.alice->with(*t.bob);
    std::vector<OutgoingMessage> messages;
    for (int i = 0; i < 5; ++i) messages.push_back({with_bob, content::Text{std::to_string(i)}});
    const std::vector<MessageHandle> sent = t.alice->client.send_many(messages);
    t.alice.restart();
    t.settle();
    CHECK(t.bob->texts(*t.alice) == Texts{"hello", "hi", "0", "1", "2", "3", "4"});
    for (const MessageHandle one : sent) CHECK(t.alice->client.message(one)->status != storage::MessageStatus::queued);
    CHECK(active_id(*t.alice, *t.bob) != spent);
    CHECK(active_id(*t.alice, *t.bob) == active_id(*t.bob, *t.alice));
    CHECK(t.bob->client.snapshot()->decrypt_failures.latest(10).empty());
    t.bob->client.send_text(t.bob->with(*t.alice), "all here");
    t.settle();
    CHECK(t.alice->texts(*t.bob).back() == "all here");
  }
}

TEST_CASE("what cannot be opened is asked for also where the session has sent its last message") {
  NearlySpent t(0, /*in_pq_chain=*/true);
  Envelope garbage;
  garbage.mailbox = anochat::client::mailbox_of(t.alice->client.address());
  garbage.id.bytes.fill(9);
  garbage.expires = expiry_hour(t.clock.now() + std::chrono::hours{5});
  garbage.blob = Bytes(356, 0x42);
  t.alice->client.receive(encode(RelayFrame{0, Deliver{{encode_envelope(garbage.view())}}}));
  REQUIRE(t.alice->all<event::DecryptFailure>().size() == 1);
  CHECK(t.alice->all<event::DecryptFailure>()[0].repair == storage::Repair::requested);
  t.settle();
  t.alice->client.send_text(t.alice->with(*t.bob), "fine");
  t.settle();
  CHECK(t.bob->texts(*t.alice).back() == "fine");
}
