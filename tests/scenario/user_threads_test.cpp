// What users of other libraries complained about, one regression test for each thread that concerns this layer. The names say
// what must be true here; the comments say what was not true there.
#include <anochat/crypto/device_list.hpp>
#include <anochat/framing/envelope.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <thread>

#include "support/check.hpp"
#include "town.hpp"

using namespace anochat;
using namespace anochat::testing;
using namespace scenario;

namespace {

constexpr std::streamoff kExportVersionAt = 8;  // docs/storage-schema.md, "Export"

/// Counts what is logged by level.
class CountingLog final : public Log {
 public:
  void write(LogLevel level, std::string_view /*event*/, std::initializer_list<LogField> /*fields*/) noexcept override {
    ++lines;
    if (level >= LogLevel::warning) ++warnings;
  }
  int lines = 0;
  int warnings = 0;
};

/// Two who know each other: the session is answered on both sides.
struct Friends {
  explicit Friends(std::string_view alice_file = {}, std::string_view bob_file = {}, Log* bobs_log = nullptr)
      : alice(town.add(alice_file)), bob(town.add(bob_file, options_with(bobs_log))) {
    alice.say(bob, "hello");
    REQUIRE(town.settle());
    bob.say(alice, "hi");
    REQUIRE(town.settle());
    alice.say(bob, "good");
    REQUIRE(town.settle());
  }
  static ClientOptions options_with(Log* log) {
    ClientOptions options = Town::default_options();
    options.log = log;
    return options;
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

// Thread 8: two years to leave a library, with traps in key and state formats. A store goes into a file that says its version,
// and comes back from it.
TEST_CASE("thread 8, an import path: an account goes out in a file and comes back, identity, history and all") {
  Friends friends("alice");
  const std::filesystem::path file = friends.town.folder / "alice.export";
  storage::ExportOptions options{.passphrase = SecretBytes(12, 'p'), .kdf = {19 * 1024, 2}, .scope = {.with_identity = true}};
  friends.alice.client().store().export_to(file, options);
  const Address before = friends.alice.address();
  friends.alice.stop();
  friends.bob.say(friends.alice, "while you moved");
  REQUIRE(friends.town.settle());

  RawKey key = store_key();
  StoreOptions store_options{.clock = &friends.town.clock, .log = &friends.town.log};
  Store::import_from(file, options, friends.town.folder / "moved", key, store_options);
  ClientOptions client_options = Town::default_options();
  client_options.clock = &friends.town.clock;
  Client moved = Client::open(Store::open(friends.town.folder / "moved", key, store_options), client_options);
  CHECK(moved.address() == before);
  EndpointOf<Client> end(moved);
  const auto id = friends.town.network.attach(end);
  REQUIRE(friends.town.settle());
  moved.send_text(moved.conversation_with(friends.bob.account()), "here I am");
  REQUIRE(friends.town.settle());
  friends.bob.say(friends.alice, "welcome");
  REQUIRE(friends.town.settle());
  CHECK(friends.bob.received["here I am"] == 1);
  // Sessions do not move. Whether Bob answers on the old one, so that both notice at once, is up to the numbers of the
  // two; else what was written meanwhile is asked for within the hour.
  friends.town.clock.advance(std::chrono::minutes(61));
  moved.tick();
  REQUIRE(friends.town.settle());
  std::set<std::string> texts;
  for (const auto& message : moved.latest(moved.conversation_with(friends.bob.account())).items) texts.insert(message.body);
  CHECK(texts == std::set<std::string>{"hello", "hi", "good", "while you moved", "here I am", "welcome"});
  CHECK(friends.bob.events<event::IdentityChanged>().empty());
  friends.check_wire();
  friends.town.network.detach(id);
}

TEST_CASE("thread 8, a versioned format: what a later version has written is refused by name, and nothing is half imported") {
  Friends friends("alice");
  const std::filesystem::path file = friends.town.folder / "alice.export";
  const storage::ExportOptions options{.passphrase = SecretBytes(12, 'p'), .kdf = {19 * 1024, 2}};
  friends.alice.client().store().export_to(file, options);
  std::fstream edit(file, std::ios::in | std::ios::out | std::ios::binary);
  edit.seekp(kExportVersionAt);
  edit.write("\x7f\x7f", 2);
  edit.close();
  RawKey key = store_key();
  CHECK_ERROR(Store::import_from(file, options, friends.town.folder / "moved", key), Errc::newer_format);
  CHECK_FALSE(std::filesystem::exists(friends.town.folder / "moved"));
}

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
  // Bob has no session that could say who wrote, and Alice's last request went over the one that he has lost. The next
  // attempt, an hour later (kRepairPause), begins a new session: the hourly maintenance may come just before that.
  REQUIRE(friends.town.network.run_for(std::chrono::hours(2)));
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
  CountingLog log;
  Friends friends({}, {}, &log);
  CHECK(log.warnings == 1);  // the store in memory has complained
  const int lines = log.lines;
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
  for (std::uint8_t number = 8; number < 40; ++number) {  // nobody can fill the log from outside
    friends.bob.client().receive(encode(RelayFrame{0, Deliver{{garbage_for(friends.town, mailbox, number), Bytes(70, number)}}}));
  }
  CHECK(log.warnings == 2);  // once, that the relay has delivered what is no envelope
  CHECK(log.lines == lines + 1);

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

TEST_CASE("thread 18, database locked: sends work while other threads read and write the same store") {
  Friends friends("alice");
  std::atomic<bool> is_over{false};
  std::atomic<int> reads{0};
  std::atomic<int> writes{0};
  Store& store = friends.alice.client().store();
  std::thread reader([&] {
    while (!is_over || reads == 0) {
      const storage::Snapshot snapshot = store.snapshot();
      reads += snapshot->conversations.find(friends.bob.account()) ? 1 : 0;
    }
  });
  std::thread writer([&] {
    while (!is_over || writes == 0) {
      store.write([&](storage::Records& records) { records.meta.set_number("marker", writes); });
      ++writes;
    }
  });
  for (int i = 0; i < 50; ++i) CHECK_NOTHROW(friends.alice.say(friends.bob, "n" + std::to_string(i)));
  is_over = true;
  reader.join();
  writer.join();
  REQUIRE(friends.town.settle());
  CHECK(friends.bob.received.size() == 52);
  friends.check_wire();
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

// Thread 19: after a reinstall the history was empty, and what had been imported stayed invisible behind cursors.
TEST_CASE("thread 19, a reinstall from an export: the history is there at the first look, page by page, and in search") {
  Friends friends("alice");
  for (int i = 0; i < 120; ++i) friends.bob.say(friends.alice, "numbered " + std::to_string(i));
  REQUIRE(friends.town.settle());
  const std::filesystem::path file = friends.town.folder / "alice.export";
  storage::ExportOptions options{.passphrase = SecretBytes(12, 'p'), .kdf = {19 * 1024, 2}, .scope = {.with_identity = true}};
  friends.alice.client().store().export_to(file, options);
  const std::map<std::string, int> before = friends.alice.history();
  friends.alice.stop();
  RawKey key = store_key();
  StoreOptions store_options{.clock = &friends.town.clock, .log = &friends.town.log};
  Store::import_from(file, options, friends.town.folder / "again", key, store_options);
  ClientOptions client_options = Town::default_options();
  client_options.clock = &friends.town.clock;
  Client again = Client::open(Store::open(friends.town.folder / "again", key, store_options), client_options);

  REQUIRE(again.conversations().items.size() == 1);
  const ConversationHandle conversation = again.conversations().items[0].id;
  std::map<std::string, int> paged;
  for (auto page = again.latest(conversation, 7);; page = again.before(conversation, *page.older, 7)) {
    for (const storage::Message& message : page.items) {
      if (!message.is_outgoing) ++paged[message.body];
    }
    if (!page.older) break;
  }
  CHECK(paged == before);
  const auto hit = again.search({.text = "numbered 77"});
  REQUIRE(hit.items.size() == 1);
  CHECK(again.around(hit.items[0].message.id, 5).items.size() >= 5);
}

// Thread 20: two who changed a group at once were two groups from then on. Of two sessions that begin at once one remains.
TEST_CASE("thread 20, both begin at once: one session remains, the same on both sides, and nothing is lost") {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    CAPTURE(seed);
    LinkConditions conditions;
    if (seed % 2 == 0) conditions = {.mode = LinkMode::hostile, .loss = 0.2, .duplication = 0.2, .reordering = 0.3};
    Town town(conditions, seed);
    Person& alice = town.add();
    Person& bob = town.add();
    REQUIRE(town.settle());
    for (int i = 0; i < 3; ++i) {
      alice.say(bob, "a" + std::to_string(i));
      bob.say(alice, "b" + std::to_string(i));
    }
    REQUIRE(town.settle());
    alice.say(bob, "a3");
    bob.say(alice, "b3");
    REQUIRE(town.settle());
    CHECK(alice.active_session(bob) == bob.active_session(alice));
    CHECK(alice.active_session(bob) != storage::Hash{});
    for (int i = 0; i < 4; ++i) {
      CHECK(alice.history()["b" + std::to_string(i)] == 1);
      CHECK(bob.history()["a" + std::to_string(i)] == 1);
    }
    for (const std::string& complaint : town.wire.complaints()) FAIL_CHECK(complaint);
  }
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

// Thread 23: one device only.
TEST_CASE("thread 23, several devices: each gets what is sent to the account, and what the others have sent") {
  Friends friends("alice");
  // Linking is another story: here device 2 is made by hand, with the account's key.
  Client& first = friends.alice.client();
  const AccountKey account = [&] {
    auto seed = first.snapshot()->meta.bytes("account_seed").value();
    return AccountKey::from_seed(SigningSeed(std::span<std::uint8_t, 32>(seed.data(), 32)));
  }();
  SeededRandom random(99);
  const Device device = Device::create(account, 2, random);
  const std::array<DeviceListEntry, 2> entries{
      DeviceListEntry{1, Device::load(first.snapshot()->identities.self_private_key().value()).certificate().identity},
      DeviceListEntry{2, device.certificate().identity}};
  const UnixTime now = friends.town.clock.now();
  const Bytes list = account.sign_device_list(2, std::chrono::floor<std::chrono::seconds>(now), entries).encode();
  const auto set_list = [&](storage::Records& records) { records.contacts.set_device_list(account.id(), 2, list, now); };
  first.store().write(set_list);
  Store store = Store::in_memory({.clock = &friends.town.clock, .random = &random, .log = &friends.town.log});
  store.write([&](storage::Records& records) {
    records.identities.set_self(device.address(), device.certificate().identity.encode(), device.save(), now);
    set_list(records);
    records.meta.set_bytes("delivery_token", first.snapshot()->meta.bytes("delivery_token").value());
  });
  ClientOptions options = Town::default_options();
  options.clock = &friends.town.clock;
  options.random = &random;
  Client second = Client::open(std::move(store), options);
  EndpointOf<Client> end(second);
  const auto id = friends.town.network.attach(end);
  friends.town.network.cut(friends.alice.endpoint());
  REQUIRE(friends.town.network.run_for(std::chrono::hours(2)));

  friends.alice.say(friends.bob, "from the first");
  second.send_text(second.conversation_with(friends.bob.account()), "from the second");
  REQUIRE(friends.town.settle());
  friends.bob.say(friends.alice, "to both");
  REQUIRE(friends.town.settle());
  CHECK(friends.bob.received["from the first"] == 1);
  CHECK(friends.bob.received["from the second"] == 1);
  const auto has = [&](Client& client, const char* text) {
    const auto items = client.latest(client.conversation_with(friends.bob.account())).items;
    return std::count_if(items.begin(), items.end(), [&](const storage::Message& one) { return one.body == text; });
  };
  for (Client* client : {&first, &second}) {
    for (const char* text : {"from the first", "from the second", "to both"}) CHECK_MESSAGE(has(*client, text) == 1, text);
  }
  friends.check_wire();
  friends.town.network.detach(id);
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
