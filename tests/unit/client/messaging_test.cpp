// Sending and receiving, from the first message on.
#include <doctest/doctest.h>

#include "world.hpp"

using namespace anochat;
using namespace anochat::client::tests;
using Texts = std::vector<std::string>;

TEST_CASE("a first message reaches somebody who was never heard of") {
  Pair t;
  const MessageHandle sent = t.alice.client.send_text(t.alice.with(t.bob), "hello");
  CHECK(t.alice.client.message(sent)->status == storage::MessageStatus::queued);
  t.settle();
  CHECK(t.alice.client.message(sent)->status == storage::MessageStatus::sent);
  CHECK(t.bob.texts(t.alice) == Texts{"hello"});
  const auto received = t.bob.all<event::MessageReceived>();
  REQUIRE(received.size() == 1);
  CHECK(received[0].sender == t.alice.id());
  REQUIRE(t.bob.all<event::ContactRequest>().size() == 1);
  CHECK(t.relay.waiting() == 0);
}

TEST_CASE("a stranger learns nothing before being let in, then receipts and the profile") {
  Pair t;
  const MessageHandle sent = t.alice.client.send_text(t.alice.with(t.bob), "hello");
  t.settle();
  t.bob.client.mark_read(t.bob.with(t.alice), t.bob.client.latest(t.bob.with(t.alice)).items.back().id);
  t.settle();
  CHECK(t.alice.client.message(sent)->status == storage::MessageStatus::sent);
  CHECK(t.bob.client.snapshot()->contacts.find(t.alice.id())->name == "Alice");
  CHECK(t.alice.client.snapshot()->contacts.find(t.bob.id())->name.empty());
  t.bob.client.allow(t.alice.id());
  t.settle();
  CHECK(t.alice.client.snapshot()->contacts.find(t.bob.id())->name == "Bob");
  const MessageHandle second = t.alice.client.send_text(t.alice.with(t.bob), "there?");
  t.settle();
  CHECK(t.alice.client.message(second)->status == storage::MessageStatus::delivered);
}

TEST_CASE("an answer makes the conversation, and reading is told") {
  Pair t;
  t.befriend();
  const MessageHandle sent = t.alice.client.send_text(t.alice.with(t.bob), "how are you?");
  t.settle();
  CHECK(t.alice.client.message(sent)->status == storage::MessageStatus::delivered);
  CHECK(t.bob.client.conversations().items.at(0).unread == 2);
  const auto newest = t.bob.client.latest(t.bob.with(t.alice)).items.back();
  t.bob.client.mark_read(t.bob.with(t.alice), newest.id);
  t.settle();
  CHECK(t.alice.client.message(sent)->status == storage::MessageStatus::read);
  CHECK(t.bob.client.conversations().items.at(0).unread == 0);
  CHECK(t.alice.texts(t.bob) == Texts{"hello", "hi", "how are you?"});
  CHECK(t.bob.texts(t.alice) == Texts{"hello", "hi", "how are you?"});
}

TEST_CASE("who keeps reading private says nothing about it") {
  World t;
  Party alice = t.make("Alice");
  Party bob = t.make("Bob", [](ClientOptions& options) { options.send_read_receipts = false; });
  t.connect(alice);
  t.connect(bob);
  t.settle();
  const MessageHandle sent = alice.client.send_text(alice.with(bob), "hello");
  t.settle();
  bob.client.send_text(bob.with(alice), "hi");
  t.settle();
  bob.client.mark_read(bob.with(alice), bob.client.latest(bob.with(alice)).items.back().id);
  t.settle();
  CHECK(alice.client.message(sent)->status == storage::MessageStatus::sent);
}

TEST_CASE("messages written offline wait in the store and leave in order") {
  Pair t;
  t.befriend();
  t.disconnect(t.alice);
  for (int i = 0; i < 5; ++i) t.alice.client.send_text(t.alice.with(t.bob), std::to_string(i));
  CHECK(t.alice.client.outgoing().empty());
  t.settle();
  CHECK(t.bob.texts(t.alice).size() == 2);
  t.connect(t.alice);
  t.settle();
  CHECK(t.bob.texts(t.alice) == Texts{"hello", "hi", "0", "1", "2", "3", "4"});
}

TEST_CASE("an envelope that comes twice is one message") {
  Pair t;
  t.befriend();
  t.alice.client.send_text(t.alice.with(t.bob), "once");
  for (const Bytes& frame : t.alice.client.outgoing()) t.relay.receive(*t.alice.connection, frame);
  const std::vector<Bytes> frames = t.relay.take(*t.bob.connection);
  for (int times = 0; times < 3; ++times) {
    for (const Bytes& frame : frames) t.bob.client.receive(frame);
  }
  t.settle();
  CHECK(t.bob.texts(t.alice) == Texts{"hello", "hi", "once"});
  CHECK(t.bob.all<event::MessageReceived>().size() == 1);
  CHECK(t.bob.all<event::DecryptFailure>().empty());
}

TEST_CASE("a relay that does not answer gets the same bytes again") {
  Pair t;
  t.befriend();
  t.alice.client.send_text(t.alice.with(t.bob), "patience");
  const std::vector<Bytes> first = t.alice.client.outgoing();
  REQUIRE(first.size() == 1);
  CHECK(t.alice.client.outgoing().empty());
  t.clock.advance(std::chrono::seconds{16});
  t.alice.client.tick();
  const std::vector<Bytes> second = t.alice.client.outgoing();
  REQUIRE(second.size() == 1);
  const auto envelope = [](const Bytes& frame) { return std::get<Submit>(decode_client_frame(frame).body).submissions.at(0).envelope; };
  CHECK(envelope(first[0]) == envelope(second[0]));
}

TEST_CASE("many messages cost one transaction and one frame") {
  Pair t;
  t.befriend();
  std::vector<OutgoingMessage> messages;
  for (int i = 0; i < 100; ++i) messages.push_back({t.alice.with(t.bob), content::Text{std::to_string(i)}});
  CHECK(t.alice.client.send_many(messages).size() == 100);
  const std::vector<Bytes> frames = t.alice.client.outgoing();
  REQUIRE(frames.size() == 1);
  t.relay.receive(*t.alice.connection, frames[0]);
  t.settle();
  CHECK(t.bob.texts(t.alice).size() == 102);
  CHECK(t.alice.client.latest(t.alice.with(t.bob)).items.back().status == storage::MessageStatus::delivered);
}

TEST_CASE("nothing that the user wrote or is called reaches the relay") {
  Pair t;
  t.befriend();
  t.alice.client.send_text(t.alice.with(t.bob), "the secret word is xylophone");
  t.settle();
  const std::string seen(as_text(t.relay.everything_seen()));
  CHECK(seen.find("xylophone") == std::string::npos);
  CHECK(seen.find("Alice") == std::string::npos);
}

TEST_CASE("notes to oneself stay here") {
  Pair t;
  const auto notes = t.alice.client.conversation_with(t.alice.id());
  const MessageHandle note = t.alice.client.send_text(notes, "milk");
  CHECK(t.alice.client.message(note)->status == storage::MessageStatus::sent);
  CHECK(t.alice.client.outgoing().empty());
}
