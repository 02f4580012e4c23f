// Many messages in one transaction: sessions are written once, and whatever goes wrong, all of it or nothing has happened.
#include <doctest/doctest.h>

#include <anochat/framing/envelope.hpp>
#include <algorithm>
#include <initializer_list>

#include "world.hpp"

using namespace anochat;
using namespace anochat::client::tests;
using Texts = std::vector<std::string>;

namespace {

/// Fails as a full disk does once `left` draws are used up; good again when it is set to a large number.
class FussyRandom final : public Random {
 public:
  void fill(MutableByteView out) override {
    if (left-- <= 0) throw Error(Errc::disk_full, "test");
    good_.fill(out);
  }
  int left = 1'000'000;

 private:
  SeededRandom good_{77};
};

/// The frames that wait for `party`, which does not get them yet.
std::vector<Bytes> frames_for(World& t, Party& party, std::initializer_list<Party*> writers) {
  for (Party* writer : writers) {
    for (const Bytes& frame : writer->client.outgoing()) t.relay.receive(*writer->connection, frame);
  }
  return t.relay.take(*party.connection);
}

std::vector<SecretBytes> session_states(Party& party) {
  std::vector<SecretBytes> states;
  const auto snapshot = party.client.snapshot();
  for (const storage::SessionRow row : snapshot->sessions.rows()) states.push_back(snapshot->sessions.find(row)->state);
  return states;
}

}  // namespace

TEST_CASE("a batch of several senders with a bad one in the middle is kept, with room for one session in memory") {
  World t;
  Party bob = t.make("Bob", [](ClientOptions& options) {
    options.most_sessions = 1;
    options.allow_strangers = true;
  });
  Party alice = t.make("Alice");
  Party carol = t.make("Carol");
  for (Party* party : {&bob, &alice, &carol}) t.connect(*party);
  t.settle();
  for (Party* writer : {&alice, &carol}) {
    writer->client.send_text(writer->with(bob), "hello");
    t.settle();
    bob.client.send_text(bob.with(*writer), "hi");
    t.settle();
  }
  Deliver batch;
  for (int i = 0; i < 3; ++i) {
    for (Party* writer : {&alice, &carol}) {
      writer->client.send_text(writer->with(bob), std::to_string(i));
      for (const Bytes& frame : frames_for(t, bob, {writer})) {
        const RelayFrame decoded = decode_relay_frame(frame);
        if (const auto* deliver = std::get_if<Deliver>(&decoded.body)) {
          batch.envelopes.insert(batch.envelopes.end(), deliver->envelopes.begin(), deliver->envelopes.end());
        }
      }
    }
  }
  REQUIRE(batch.envelopes.size() == 6);
  SUBCASE("all of them good") {}
  SUBCASE("one damaged, after its session has moved in the same batch") { batch.envelopes[2].back() ^= 1; }
  bob.client.receive(encode(RelayFrame{0, batch}));
  t.settle();
  for (Party* writer : {&alice, &carol}) {
    for (const char* text : {"0", "1", "2"}) {
      const Texts texts = bob.texts(*writer);
      CHECK(std::count(texts.begin(), texts.end(), text) == 1);
    }
    bob.client.send_text(bob.with(*writer), "all there");
    t.settle();
    CHECK(writer->texts(bob).back() == "all there");
  }
}

TEST_CASE("when the store or the machine fails in the middle of a batch, nothing has happened, and it can come again") {
  World t;
  FussyRandom fussy;
  Party alice = t.make("Alice");
  Party bob = t.make("Bob", [&](ClientOptions& options) {
    options.random = &fussy;
    options.allow_strangers = true;
  });
  t.connect(alice);
  t.connect(bob);
  t.settle();
  alice.client.send_text(alice.with(bob), "hello");
  t.settle();
  bob.client.send_text(bob.with(alice), "hi");
  t.settle();
  bob.forget_events();
  for (int i = 0; i < 5; ++i) alice.client.send_text(alice.with(bob), std::to_string(i));
  const std::vector<Bytes> frames = frames_for(t, bob, {&alice});
  const auto states = session_states(bob);
  const Texts texts = bob.texts(alice);
  const std::int64_t outbox = bob.client.snapshot()->outbox.count(storage::OutboxState::waiting);

  int failures = 0;
  for (int good = 0;; ++good) {
    REQUIRE(good < 100);
    fussy.left = good;
    bool has_failed = false;
    try {
      for (const Bytes& frame : frames) bob.client.receive(frame);
    } catch (const Error& error) {
      CHECK(error.code() == Errc::disk_full);
      has_failed = true;
    }
    fussy.left = 1'000'000;
    if (!has_failed) break;
    ++failures;
    CHECK(session_states(bob) == states);
    CHECK(bob.texts(alice) == texts);
    CHECK(bob.client.snapshot()->outbox.count(storage::OutboxState::waiting) == outbox);
    CHECK(bob.client.outgoing().empty());  // nothing is acknowledged
    CHECK(bob.all<event::MessageReceived>().empty());
  }
  CHECK(failures >= 1);
  t.disconnect(bob);
  t.connect(bob);
  t.settle();
  CHECK(bob.texts(alice) == Texts{"hello", "hi", "0", "1", "2", "3", "4"});
  CHECK(bob.all<event::DecryptFailure>().empty());
  CHECK(bob.all<event::MessageReceived>().size() == 5);
}

TEST_CASE("in a batch to send, a timer holds for what follows it") {
  Pair t;
  t.befriend();
  std::vector<OutgoingMessage> messages;
  const ConversationHandle with_bob = t.alice.with(t.bob);
  messages.push_back({with_bob, content::Text{"stays"}});
  messages.push_back({with_bob, content::TimerChange{std::chrono::hours{1}}});
  messages.push_back({with_bob, content::Text{"goes"}});
  const auto handles = t.alice.client.send_many(messages);
  CHECK(t.alice.client.message(handles[0])->expire_after.count() == 0);
  CHECK(t.alice.client.message(handles[2])->expire_after == std::chrono::hours{1});
}
