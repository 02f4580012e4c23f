// The same two workloads as bench.py, in C++: microseconds for a message of a ping-pong and of a monologue of 64 bytes.
#include <anochat/crypto/memory_prekeys.hpp>
#include <anochat/session/session.hpp>

#include <array>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <utility>

using namespace anochat;

namespace {

using Pair = std::pair<Session, Session>;

Pair pair(Random& random) {
  const Device one = Device::create(AccountKey::generate(random), 1, random);
  const Device two = Device::create(AccountKey::generate(random), 1, random);
  const UnixTime now = SystemClock{}.now();
  MemoryPreKeys prekeys(two, now, random);
  Session first = Session::initiate(one, prekeys.bundle(now), random);
  AcceptedSession accepted = Session::accept(two, prekeys, first.encrypt({}, random), now);
  static_cast<void>(first.decrypt(accepted.session.encrypt({}, random), now));
  return {std::move(first), std::move(accepted.session)};
}

template <class Round>
double microseconds(int rounds, Round round) {
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < rounds; ++i) round();
  return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begin).count() / rounds;
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 2'000;
  SystemRandom random;
  const SystemClock clock;
  const std::array<std::uint8_t, 64> content{};
  const auto say = [&](Session& from, Session& to) {
    static_cast<void>(to.decrypt(from.encrypt(content, random), clock.now()));
  };
  Pair talk = pair(random);
  std::cout << microseconds(rounds, [&] { say(talk.first, talk.second), say(talk.second, talk.first); }) / 2 << ' ';
  Pair monologue = pair(random);
  std::cout << microseconds(rounds, [&] { say(monologue.first, monologue.second); }) << '\n';
}
