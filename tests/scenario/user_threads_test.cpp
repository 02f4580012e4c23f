// What users of other libraries complained about, one regression test for each thread that concerns this layer. The names say
// what must be true here; the comments say what was not true there.
#include <anochat/framing/envelope.hpp>
#include <doctest/doctest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include "support/check.hpp"
#include "town.hpp"

using namespace anochat;
using namespace anochat::testing;
using namespace scenario;

namespace {

/// Counts what is logged by level, and remembers the names of the events.
class CountingLog final : public Log {
 public:
  void write(LogLevel level, std::string_view event, std::initializer_list<LogField> /*fields*/) noexcept override {
    if (level >= LogLevel::warning) ++warnings;
    names.emplace(event);
  }
  int warnings = 0;
  std::set<std::string> names;
};

/// Two who know each other: the session is answered on both sides.
struct Friends {
  explicit Friends(std::string_view alice_file = {}, std::string_view bob_file = {})
      : alice(town.add(alice_file)), bob(town.add(bob_file)) {
    alice.say(bob, "hello");
    REQUIRE(town.settle());
    bob.say(alice, "hi");
    REQUIRE(town.settle());
    alice.say(bob, "good");
    REQUIRE(town.settle());
  }
  void check_wire() const {
    for (const std::string& complaint : town.wire.complaints()) FAIL_CHECK(complaint);
  }
  Town town;
  Person& alice;
  Person& bob;
};

std::string contents_of(const std::filesystem::path& folder) {
  std::string all;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::ifstream file(entry.path(), std::ios::binary);
    all.append(std::istreambuf_iterator<char>(file), {});
  }
  return all;
}

/// An envelope for `to` with a blob that nobody made.
Bytes garbage_for(const Town& town, const MailboxId& mailbox, std::uint8_t number) {
  Bytes blob(500, number);
  blob[0] = 0x11;  // the right version, a ratchet message, the right suite: it goes as far as it can
  blob[1] = 2;
  blob[2] = 1;
  blob[3] = 0;
  return encode_envelope({mailbox, EnvelopeId{{number}}, expiry_hour(town.clock.now() + std::chrono::hours(1)), false, blob});
}

}  // namespace

// Thread 12: a message was encrypted and sent before the session was saved; a crash, and nobody could read it.
TEST_CASE("thread 12, sent before saved: what is on the wire is in the store, and goes out again as the same bytes") {
  Friends friends("alice");
  friends.alice.points().arm("outgoing.after", 1, CrashAction::leave);  // the bytes have left the client, and it dies
  friends.alice.say(friends.bob, "precious");
  CHECK_THROWS_AS(friends.town.network.run_until_quiet(), Crash);
  friends.alice.restart();
  REQUIRE(friends.town.settle());
  CHECK(friends.bob.received["precious"] == 1);
  friends.alice.say(friends.bob, "next");
  REQUIRE(friends.town.settle());
  CHECK(friends.bob.received["next"] == 1);
  CHECK(friends.bob.failures() == 0);
  friends.check_wire();
}

TEST_CASE("thread 12, sent before saved: when saving fails, nothing leaves, and the next send works") {
  Friends friends("alice");
  const auto frames = friends.town.network.counters().frames;
  friends.alice.points().arm("random", 1, CrashAction::leave);
  CHECK_THROWS_AS(friends.alice.say(friends.bob, "never"), Crash);
  REQUIRE(friends.town.settle());
  CHECK(friends.town.network.counters().frames == frames);
  friends.alice.say(friends.bob, "next");
  REQUIRE(friends.town.settle());
  CHECK(friends.bob.received["next"] == 1);
  CHECK(friends.bob.received.count("never") == 0);
  friends.check_wire();
}

// Thread 13 has a file of its own: second_process_test.cpp. Thread 14: rollback_test.cpp.

// Thread 15: one side has lost its session, and every message is unreadable until somebody notices.
TEST_CASE("thread 15, a wedged session: the next message is reported, asked for again, and arrives") {
  Friends friends("alice", "bob");
  friends.bob.client().store().write([&](storage::Records& records) {
    for (const storage::SessionRow row : records.sessions.rows()) records.sessions.remove(row);
  });
  friends.bob.restart();
  friends.alice.say(friends.bob, "lost?");
  REQUIRE(friends.town.settle());
  const auto failures = friends.bob.events<event::DecryptFailure>();
  REQUIRE(failures.size() == 1);
  CHECK(friends.bob.client().explain(failures[0].failure).text.size() > 10);

  friends.bob.say(friends.alice, "are you there?");
  REQUIRE(friends.town.settle());
  CHECK(friends.alice.received["are you there?"] == 1);
  REQUIRE(friends.town.network.run_for(std::chrono::hours(2)));  // repair is limited to one request an hour
  friends.town.collect();
  CHECK(friends.bob.received["lost?"] == 1);
  CHECK(friends.bob.events<event::FailureRepaired>().size() == 1);
  friends.alice.say(friends.bob, "well again");
  REQUIRE(friends.town.settle());
  CHECK(friends.bob.received["well again"] == 1);
  CHECK(friends.bob.events<event::DecryptFailure>().size() == 1);
}

// Thread 16: "Bad MAC, no session", without a cause, and private keys in the log.
TEST_CASE("thread 16, undecryptable without cause: a failure is an object with a reason, and the log stays quiet") {
  Friends friends;
  const storage::StoreTotals before = friends.bob.client().stats();
  const auto mailbox = [&] {
    MailboxId found{};
    friends.town.network.set_tap([&](LossyNetwork::EndpointId id, ByteView frame) {
      const ClientFrame decoded = decode_client_frame(frame);
      const auto* submit = std::get_if<Submit>(&decoded.body);
      if (id == friends.alice.endpoint() && submit != nullptr) found = decode_envelope(submit->submissions.at(0).envelope).mailbox;
    });
    friends.alice.say(friends.bob, "where are you");
    REQUIRE(friends.town.settle());
    return found;
  }();
  friends.bob.client().receive(encode(RelayFrame{0, Deliver{{garbage_for(friends.town, mailbox, 7)}}}));
  friends.bob.collect();
  const auto failures = friends.bob.events<event::DecryptFailure>();
  REQUIRE(failures.size() == 1);
  CHECK(failures[0].reason == Errc::bad_message);
  const Explanation explanation = friends.bob.client().explain(failures[0].failure);
  CHECK(explanation.reason == Errc::bad_message);
  CHECK(explanation.text.size() > 10);

  friends.alice.say(friends.bob, "still fine");
  REQUIRE(friends.town.settle());
  CHECK(friends.bob.received["still fine"] == 1);
  CHECK(friends.bob.client().stats().messages == before.messages + 2);
}

// Thread 16, adiwajshing/Baileys #1380: "over 2000 messages into the future".
TEST_CASE("thread 16, 2,001 messages ahead: the message is reported, and then arrives itself") {
  ClientOptions options = Town::default_options();
  options.envelope_lifetime = std::chrono::hours(2);
  Town town;
  Person& alice = town.add({}, options);
  Person& bob = town.add({}, options);
  alice.say(bob, "hello");
  REQUIRE(town.settle());
  bob.say(alice, "hi");
  REQUIRE(town.settle());
  town.network.set_online(bob.endpoint(), false);
  for (int i = 0; i < 2'000; ++i) alice.say(bob, "gone " + std::to_string(i));
  REQUIRE(town.settle());
  town.clock.advance(std::chrono::hours(4));
  town.relay.expire();
  REQUIRE(town.relay.waiting() == 0);
  alice.say(bob, "number 2,001");
  REQUIRE(town.settle());
  town.network.set_online(bob.endpoint(), true);
  REQUIRE(town.settle());
  const auto failures = bob.events<event::DecryptFailure>();
  REQUIRE(failures.size() >= 1);
  CHECK(failures[0].reason == Errc::gap_too_large);
  CHECK(bob.received["number 2,001"] == 1);
  alice.say(bob, "after");
  REQUIRE(town.settle());
  CHECK(bob.received["after"] == 1);
}

// Thread 17: persistence came late or never.
TEST_CASE("thread 17, persistence first: a restart needs nothing from the application") {
  Friends friends("alice", "bob");
  const Address alice = friends.alice.address();
  const auto before = friends.alice.history();
  friends.alice.restart();
  friends.bob.restart();
  CHECK(friends.alice.address() == alice);
  CHECK(friends.alice.history() == before);
  friends.bob.say(friends.alice, "still here");
  REQUIRE(friends.town.settle());
  CHECK(friends.alice.received["still here"] == 1);
}

// Thread 18: "database is locked" on consecutive sends.
TEST_CASE("thread 18, database locked: many sends in a row work while somebody reads") {
  Friends friends("alice");
  const storage::Snapshot reader = friends.alice.client().snapshot();
  for (int i = 0; i < 50; ++i) CHECK_NOTHROW(friends.alice.say(friends.bob, "n" + std::to_string(i)));
  CHECK(reader->messages.latest(friends.alice.client().conversation_with(friends.bob.account()), 500).items.size() == 3);
  REQUIRE(friends.town.settle());
  CHECK(friends.bob.received.size() == 52);
}

// Thread 18: a bot was deployed with an in-memory store, and lost its messages at every restart.
TEST_CASE("thread 18, an in-memory store in production warns") {
  CountingLog log;
  static_cast<void>(Store::in_memory({.log = &log}));
  CHECK(log.warnings == 1);
}

// Thread 18: each new deployment of a bot was a new installation to its peers.
TEST_CASE("thread 18, a bot that is deployed again is the same device, and gets what came meanwhile") {
  Friends friends("alice");
  const std::size_t logins = friends.town.relay.counters().logins;
  friends.alice.stop();
  friends.bob.say(friends.alice, "while you were away");
  REQUIRE(friends.town.settle());
  friends.alice.start();
  REQUIRE(friends.town.settle());
  CHECK(friends.alice.received["while you were away"] == 1);
  CHECK(friends.town.relay.counters().logins == logins + 1);
  CHECK(friends.bob.events<event::IdentityChanged>().empty());
  CHECK(friends.bob.events<event::DevicesChanged>().size() <= 1);
}

// Thread 21: no search where messages are encrypted.
TEST_CASE("thread 21, search: what was received is found, and no word of it is readable in the store's files") {
  Friends friends({}, "bob");
  friends.alice.say(friends.bob, "the quick Brown fox jumps over Kleinmachnow");
  REQUIRE(friends.town.settle());
  const auto found = friends.bob.client().search({.text = "brown klein"});
  REQUIRE(found.items.size() == 1);
  CHECK(found.items[0].message.body == "the quick Brown fox jumps over Kleinmachnow");
  const std::string files = contents_of(friends.town.folder / "bob");
  CHECK(files.find("Kleinmachnow") == std::string::npos);
  CHECK(files.find("kleinmachnow") == std::string::npos);
}

// Thread 22: the first message to a big room took minutes: one request for each member, and dead servers held up all.
TEST_CASE("thread 22, the first send to many recipients is batched, and one who is not there holds up nobody") {
  Town town;
  Person& alice = town.add();
  std::vector<Person*> others;
  for (int i = 0; i < 40; ++i) others.push_back(&town.add());
  REQUIRE(town.settle());
  const auto before = town.relay.counters().fetch_frames;
  const AccountId nobody{0xee};
  std::vector<OutgoingMessage> messages;
  messages.push_back({alice.client().conversation_with(nobody), content::Text{"hello"}});
  for (const Person* other : others) messages.push_back({alice.client().conversation_with(other->account()), content::Text{"hello"}});
  const std::vector<MessageHandle> handles = alice.client().send_many(messages);
  REQUIRE(handles.size() == messages.size());
  REQUIRE(town.network.run_for(std::chrono::seconds(5)));
  town.collect();
  CHECK(town.relay.counters().fetch_frames - before <= 3 + 1);  // 41 accounts, 16 in a frame
  for (const Person* other : others) CHECK(other->received.at("hello") == 1);
  CHECK(alice.status(handles[0]) == storage::MessageStatus::queued);
  for (std::size_t i = 1; i < handles.size(); ++i) CHECK(alice.status(handles[i]) == storage::MessageStatus::delivered);
}

// Thread 24: the key of the database lay beside the database.
TEST_CASE("thread 24, the key of the database is not beside the database, and can be changed") {
  Friends friends("alice");
  const std::filesystem::path folder = friends.town.folder / "alice";
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    CHECK_MESSAGE(entry.path().filename().string().starts_with("store"), entry.path().filename());
  }
  CHECK(contents_of(folder).find(std::string(32, '\x5a')) == std::string::npos);

  PassphraseKey fresh("correct horse battery staple", {19 * 1024, 2});
  Store& store = friends.alice.client().store();
  store.change_key(store.opened_slot(), fresh);
  friends.alice.stop();
  RawKey old = store_key();
  CHECK_ERROR(Store::open(folder / "store", old), Errc::wrong_key);
  CHECK_NOTHROW(Store::open(folder / "store", fresh));
}

// Thread 24, tdlib/td #802: a copied data folder was a clone of the account.
TEST_CASE("thread 24, a copied store cannot be used beside the original for long: the older one says that it is old") {
  Friends friends("alice");
  friends.alice.stop();
  friends.alice.copy_store(friends.town.folder / "clone");
  friends.alice.start();
  friends.alice.say(friends.bob, "the original goes on");
  REQUIRE(friends.town.settle());
  friends.alice.stop();
  friends.alice.restore_store(friends.town.folder / "clone");
  friends.alice.start();
  friends.alice.collect();
  CHECK(friends.alice.events<event::StateRolledBack>().size() == 1);
}

// Thread 25: bots had to do cryptography. Thread 4: nobody could tell how to send one message.
TEST_CASE("threads 4 and 25, a bot: no key, no session, no store interface is ever touched") {
  Town town;
  Person& bot = town.add();
  Person& user = town.add();
  user.say(bot, "ping");
  REQUIRE(town.settle());
  const auto page = bot.client().conversations();
  REQUIRE(page.items.size() == 1);
  bot.client().send_text(page.items[0].id, "pong");
  REQUIRE(town.settle());
  CHECK(user.received["pong"] == 1);
}

// Threads 12 and 14 together: nothing that a relay sees says what was written, or to whom.
TEST_CASE("thread 25, not even a part of an encrypted conversation is in the clear at the relay") {
  Town town;
  town.relay.set_recording(true);
  Person& alice = town.add();
  Person& bob = town.add();
  alice.say(bob, "PLAINTEXTMARKER one");
  REQUIRE(town.settle());
  alice.client().set_profile({"PLAINTEXTMARKER name", {}, "PLAINTEXTMARKER about"});
  alice.client().react(alice.client().latest(alice.client().conversation_with(bob.account())).items.back().id, "PLAINTEXTMARKER");
  REQUIRE(town.settle());
  const Bytes& seen = town.relay.everything_seen();
  CHECK(seen.size() > 1'000);
  CHECK(as_text(seen).find("PLAINTEXTMARKER") == std::string_view::npos);
}
