// The code of docs/guides/testing.md, as it stands there: guide.py compares the two.
#include <anochat/anochat.hpp>
#include <anochat/testing/clock.hpp>
#include <anochat/testing/crash_points.hpp>
#include <anochat/testing/lossy_network.hpp>
#include <anochat/testing/memory_relay.hpp>
#include <anochat/testing/random.hpp>
#include <doctest/doctest.h>

#include <filesystem>
#include <optional>
#include <string>
#include <variant>

#include "town.hpp"

namespace {

using namespace anochat;
using namespace anochat::testing;

// The application under test: a bot that answers every text with "you said: ...".
class EchoBot {
 public:
  EchoBot(Store store, ClientOptions options) : client(Client::create(std::move(store), std::move(options))) {}
  void work() {
    while (const auto event = client.poll_event()) {
      const auto* message = std::get_if<event::MessageReceived>(&*event);
      if (message != nullptr) client.send_text(message->conversation, "you said: " + client.message(message->message).value().body);
    }
  }
  Client client;
};

struct Quiet {
  NullLog log;
};

}  // namespace

TEST_CASE("the bot of the testing guide answers over a bad network") {
  Quiet quiet;

  FakeClock clock;
  SeededRandom random(1);          // keys: each client could have its own
  SeededRandom network_random(2);  // the network's luck: a Random of its own
  MemoryRelay relay(clock, random);
  LossyNetwork network(relay, clock, network_random, {.loss = 0.3});

  StoreOptions in_memory{.clock = &clock, .random = &random, .log = &quiet.log};
  ClientOptions options;
  options.clock = &clock;
  options.random = &random;
  options.allow_strangers = true;
  EchoBot bot(Store::in_memory(in_memory), options);
  Client user = Client::create(Store::in_memory(in_memory), options);

  EndpointOf<Client> bot_end(bot.client);
  EndpointOf<Client> user_end(user);
  network.attach(bot_end);
  network.attach(user_end);

  const auto conversation = user.conversation_with(bot.client.account());
  user.send_text(conversation, "hello");
  network.run_until_quiet();  // lets the message arrive
  bot.work();
  network.run_until_quiet();  // lets the answer arrive
  CHECK(user.latest(conversation).items.back().body == "you said: hello");
}

TEST_CASE("the crash of the testing guide loses nothing") {
  const TemporaryFolder folder;
  const std::filesystem::path file = folder / "store";
  FakeClock clock;
  SeededRandom source(1);

  CrashPoints points;
  CrashingRandom random(source, points);
  ClientOptions options;
  options.clock = &clock;
  options.random = &random;
  StoreOptions store_options{.clock = &clock};
  RawKey key = scenario::store_key();

  std::optional<Client> client(Client::create(Store::create(file, key, store_options), options));
  const auto notes = client->conversation_with(client->account());
  client->send_text(notes, "saved");
  points.arm("random", 1, CrashAction::leave);
  CHECK_THROWS_AS(client->send_text(notes, "never returned"), Crash);

  client.reset();  // the process is gone
  client.emplace(Client::open(Store::open(file, key, store_options), options));
  CHECK(client->latest(notes).items.back().body == "saved");
}
