// crowd.cpp - many clients, one relay, a bad network. Every message must be announced exactly once.
//
//     anochat_crowd [clients [messages each [seed]]]     1,000 clients, 5 messages each, seed 1
#include <chrono>
#include <cstdlib>
#include <iostream>

#include "town.hpp"

using namespace anochat;
using namespace anochat::testing;
using namespace scenario;

namespace {

std::size_t number(int argc, char** argv, int at, std::size_t otherwise) {
  return argc > at ? std::strtoul(argv[at], nullptr, 10) : otherwise;
}

LinkConditions conditions_of(std::size_t client) {
  if (client % 2 == 0) return {.loss = 0.3};
  return {.mode = LinkMode::hostile, .loss = 0.3, .duplication = 0.1, .reordering = 0.1};
}

class Crowd {
 public:
  Crowd(std::size_t clients, std::uint64_t seed) : town_({}, seed), chance_(seed) {
    ClientOptions options = Town::default_options();
    options.one_time_prekeys = 2;
    for (std::size_t i = 0; i < clients; ++i) {
      Person& person = town_.add({}, options);
      town_.network.set_conditions(person.endpoint(), conditions_of(i));
    }
  }

  /// Everybody writes to somebody; some are cut off for a while.
  void round() {
    for (const auto& from : town_.people) {
      Person& to = *town_.people[pick(chance_, town_.people.size())];
      if (&to == from.get()) continue;
      const std::string text = std::to_string(written_++);
      from->say(to, text);
      expected_[&to][text] = 1;
      if (pick(chance_, 20) == 0) town_.network.black_hole(from->endpoint(), std::chrono::seconds(pick(chance_, 120)));
    }
    town_.network.run_for(std::chrono::seconds(20), 10'000'000);
  }

  /// @return what is wrong
  int finish() {
    int wrong = town_.settle(50'000'000) ? 0 : complain("the network did not come to rest");
    for (const auto& person : town_.people) {
      const auto& expected = expected_[person.get()];
      const std::string missing = person->missing(expected);
      if (!missing.empty() && ++wrong <= 5) complain(missing);
    }
    for (const std::string& text : town_.wire.complaints()) wrong += complain(text);
    if (town_.relay.waiting() != 0) wrong += complain("the relay has messages left");
    const NetworkCounters& counters = town_.network.counters();
    std::cout << town_.people.size() << " clients, " << written_ << " messages, " << town_.wire.envelopes() << " envelopes, "
              << counters.frames << " frames (" << counters.lost << " lost, " << counters.duplicated << " duplicated, "
              << counters.reordered << " reordered), " << counters.connections << " connections\n";
    return wrong;
  }

 private:
  static int complain(const std::string& text) {
    std::cerr << "WRONG: " << text << '\n';
    return 1;
  }

  Town town_;
  SeededRandom chance_;
  std::map<Person*, std::map<std::string, int>> expected_;
  std::size_t written_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  const std::size_t clients = number(argc, argv, 1, 1'000);
  const std::size_t messages = number(argc, argv, 2, 5);
  const auto start = std::chrono::steady_clock::now();
  Crowd crowd(clients, number(argc, argv, 3, 1));
  for (std::size_t i = 0; i < messages; ++i) crowd.round();
  const int wrong = crowd.finish();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  std::cout << took.count() << " s, " << (wrong == 0 ? "every message exactly once" : "NOT GOOD") << '\n';
  return wrong == 0 ? 0 : 1;
}
