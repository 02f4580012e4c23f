// The code of the guides, as it stands there: tests/scenario/guide.py compares the two.
#include <anochat/anochat.hpp>
#include <anochat/testing/clock.hpp>
#include <anochat/testing/lossy_network.hpp>
#include <anochat/testing/memory_relay.hpp>
#include <anochat/testing/random.hpp>

#include "scenario/town.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>
#include <variant>

namespace {

using namespace anochat;
using namespace anochat::testing;
using namespace scenario;

SecretBytes secret(std::string_view text) { return {text.begin(), text.end()}; }

/// Two clients and a good network.
struct TwoClients {
  explicit TwoClients(bool strangers) : allow_strangers(strangers) {
    network.attach(alice_end);
    network.attach(bob_end);
  }
  Client make() {
    ClientOptions options;
    options.clock = &clock;
    options.random = &random;
    options.allow_strangers = allow_strangers;
    return Client::create(Store::in_memory({.clock = &clock, .random = &random, .log = &log}), options);
  }

  bool allow_strangers;
  FakeClock clock;
  SeededRandom random{1};
  SeededRandom luck{2};
  MemoryRelay relay{clock, random};
  LossyNetwork network{relay, clock, luck};
  NullLog log;
  Client alice = make();
  Client bob = make();
  EndpointOf<Client> alice_end{alice};
  EndpointOf<Client> bob_end{bob};
};

}  // namespace

TEST_CASE("what the guide to identity and verification shows") {
  TwoClients world(/*strangers=*/false);
  Client& alice = world.alice;
  Client& bob = world.bob;
  LossyNetwork& network = world.network;
  network.run_until_quiet();

  const std::string address = alice.address().text();  // "ano1" and 56 letters, "." and the device's number
  const AccountId account = Address::parse(account_text(alice.account())).account;
  CHECK(account == alice.account());

  alice.send_text(alice.conversation_with(bob.account()), "Hello Bob, Alice here");
  network.run_until_quiet();
  for (const Event& event : bob.take_events()) {
    const auto* request = std::get_if<event::ContactRequest>(&event);
    if (request == nullptr) continue;
    CHECK(bob.latest(request->conversation).items.size() == 1);  // "Alice wants to write to you"
    bob.allow(request->account);                                 // or deny(), or block()
  }
  network.run_until_quiet();  // Bob's client asks the relay for Alice's devices

  CHECK(alice.safety_number(bob.account()).digits() == bob.safety_number(alice.account()).digits());
  alice.mark_verified(bob.account());
  CHECK(alice.trust(bob.account()) == TrustState::verified);
}

TEST_CASE("what the guide to storage and keys shows") {
  const TemporaryFolder folder;
  SeededRandom random(1);

  PassphraseKey passphrase("correct horse battery staple");  // Argon2id: 64 MiB, about 50 ms
  Store store = Store::create(folder / "me.anochat", passphrase);

  RecoveryKey paper = RecoveryKey::generate(random);
  const std::uint32_t slot = store.add_key(paper);
  CHECK(paper.text().size() == RecoveryKey::kTextLength);  // show it once
  PassphraseKey better("another passphrase that is longer");
  store.change_key(store.opened_slot(), better);
  store.remove_key(slot);

  ClientOptions of_me;
  of_me.random = &random;
  Client me = Client::create(std::move(store), of_me);
  me.send_text(me.conversation_with(me.account()), "a note");

  const auto snapshot = me.snapshot();
  CHECK(snapshot->conversations.list(false, {}, 50).items.size() == 1);

  storage::ExportOptions options;
  options.passphrase = secret("only for the backup");
  const storage::ExportTotals exported = me.store().export_to(folder / "backup.export", options);
  CHECK(exported.messages == 1);
}

TEST_CASE("what the guide to sending and healing shows") {
  TwoClients world(/*strangers=*/true);
  Client& alice = world.alice;
  Client& bob = world.bob;
  LossyNetwork& network = world.network;
  network.run_until_quiet();

  const auto conversation = alice.conversation_with(bob.account());
  const MessageHandle message = alice.send_text(conversation, "See you at eight");
  CHECK(alice.message(message)->status == storage::MessageStatus::queued);
  network.run_until_quiet();
  CHECK(alice.message(message)->status == storage::MessageStatus::delivered);

  const MessageHandle received = bob.latest(bob.conversation_with(alice.account())).items.back().id;
  bob.react(received, "👍");
  bob.reply(received, "I'll bring the books");
  alice.edit(message, "See you at nine");
  network.run_until_quiet();
  CHECK(bob.message(received)->body == "See you at nine");
  CHECK(alice.reactions(message).at(0).emoji == "👍");
}

TEST_CASE("what the guide shows of a restored backup") {
  Town town;
  Person& alice = town.add();
  Person& bob = town.add("bob");
  alice.say(bob, "before");
  REQUIRE(town.settle());
  const std::filesystem::path yesterday = town.folder / "yesterday";
  bob.stop();
  bob.copy_store(yesterday);
  bob.start();
  bob.say(alice, "between");
  REQUIRE(town.settle());

  bob.stop();
  bob.restore_store(yesterday);  // an old copy of Bob's file comes back
  bob.start();
  alice.say(bob, "Are you there?");
  CHECK(town.settle());
  CHECK(bob.events<event::StateRolledBack>().size() == 1);
  CHECK(bob.received["Are you there?"] == 1);  // once, on a new session
}

TEST_CASE("what the guide to running a relay shows") {
  const TemporaryFolder folder;

  RelayServerOptions options;
  options.relay.name = "relay.example";
  options.store_file = folder / "relay.db";
  RelayServer server(options);  // a port of the system's choice on 127.0.0.1
  CHECK(server.is_ready());
  CHECK(server.drain(std::chrono::milliseconds(1), std::chrono::seconds(5)));
}
