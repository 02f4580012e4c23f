// Clients on a network that loses, repeats and reorders.
#include <doctest/doctest.h>

#include <anochat/testing/endpoint.hpp>
#include <anochat/testing/lossy_network.hpp>
#include <set>

#include "world.hpp"

using namespace anochat;
using namespace anochat::client::tests;

namespace {

void every_message_once(std::uint64_t seed, const LinkConditions& conditions) {
  World t(seed);
  t.relay.set_recording(false);
  SeededRandom draws(seed + 500);
  LossyNetwork network(t.relay, t.clock, draws, conditions);
  std::vector<Party> parties;
  for (int i = 0; i < 4; ++i) {
    parties.push_back(t.make("P" + std::to_string(i), [](ClientOptions& options) { options.allow_strangers = true; }));
  }
  std::vector<EndpointOf<Client>> ends;
  for (Party& party : parties) ends.emplace_back(party.client);
  for (auto& end : ends) network.attach(end);
  constexpr int kRounds = 10;
  for (int round = 0; round < kRounds; ++round) {
    for (Party& from : parties) {
      for (Party& to : parties) {
        if (&from != &to) from.client.send_text(from.with(to), std::to_string(round));
      }
    }
    network.run_for(std::chrono::seconds{2});
  }
  network.run_for(std::chrono::minutes{3});
  network.set_conditions({});
  network.run_for(std::chrono::hours{3});
  for (Party& reader : parties) {
    for (Party& writer : parties) {
      if (&reader == &writer) continue;
      const auto page = reader.client.latest(reader.with(writer), 200);
      std::multiset<std::string> received;
      for (const storage::Message& message : page.items) {
        if (!message.is_outgoing) received.insert(message.body);
        if (message.is_outgoing) CHECK(message.status == storage::MessageStatus::delivered);
      }
      CHECK(received.size() == kRounds);
      CHECK(std::set<std::string>(received.begin(), received.end()).size() == kRounds);
    }
    CHECK(reader.all<event::MessageReceived>().size() == 3 * kRounds);
  }
  CHECK(t.relay.waiting() == 0);
}

}  // namespace

TEST_CASE("every message arrives once on connections that break all the time") {
  every_message_once(1, {.mode = LinkMode::stream, .loss = 0.1});
}

TEST_CASE("every message arrives once where 30 % of the frames vanish and others come twice or late") {
  for (const std::uint64_t seed : {11U, 12U}) {
    every_message_once(seed, {.mode = LinkMode::hostile, .loss = 0.3, .duplication = 0.1, .reordering = 0.2});
  }
}
