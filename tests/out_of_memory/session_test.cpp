// Sessions, keys and prekeys.
#include "faults.hpp"
#include "support/parties.hpp"

#include <doctest/doctest.h>

using namespace anochat;
using namespace anochat::testing;
using oom::fail_every_allocation;
using oom::Trial;

namespace {

Bytes saved(const Session& session) {
  const SecretBytes bytes = session.save();
  return {bytes.begin(), bytes.end()};
}

struct Talk : Pair {
  explicit Talk(int turns = 0) : Pair(3) {
    settle();
    for (int i = 0; i < turns; ++i) {
      static_cast<void>(pass(i % 2 == 0 ? bob : alice, i % 2 == 0 ? alice : bob, as_bytes("turn")));
    }
  }
  Bytes message;
  SecretBytes content;
};

/// Alice seals, after this many turns.
Trial sealing(int turns) {
  auto talk = std::make_shared<Talk>(turns);
  return {talk, [t = talk.get()] { t->message = t->alice.encrypt(as_bytes("one more"), t->random); },
          [t = talk.get()] { return saved(t->alice); },
          [t = talk.get()] { CHECK(t->bob.decrypt(t->message, t->clock.now()).size() == 8); }};
}

/// Bob opens the last of 1 + `lost` messages, after this many turns.
Trial opening(int turns, int lost) {
  auto talk = std::make_shared<Talk>(turns);
  for (int i = 0; i <= lost; ++i) talk->message = talk->alice.encrypt(as_bytes("one more"), talk->random);
  return {talk, [t = talk.get()] { t->content = t->bob.decrypt(t->message, t->clock.now()); },
          [t = talk.get()] { return saved(t->bob); }, [t = talk.get()] { CHECK(t->content.size() == 8); }};
}

}  // namespace

TEST_CASE("a session that runs out of memory is as before the call") {
  fail_every_allocation("session: seal", [] { return sealing(0); });
  fail_every_allocation("session: seal with a step", [] { return sealing(1); });
  fail_every_allocation("session: open", [] { return opening(0, 0); });
  fail_every_allocation("session: open with a step", [] { return opening(2, 0); });
  fail_every_allocation("session: open after a gap", [] { return opening(0, 40); });
  for (const int turns : {30, 60, 80}) {  // in the middle of a PQ agreement
    fail_every_allocation("session: open, PQ", [turns] { return opening(turns, 0); });
    fail_every_allocation("session: seal, PQ", [turns] { return sealing(turns); });
  }
}

TEST_CASE("a session that is made, saved or loaded without memory leaves nothing half done") {
  struct Start : Talk {
    std::optional<Session> session;
    SecretBytes record;
    Bytes sealed;
    StateKey key;
    Bytes first;
  };
  fail_every_allocation("session: initiate", [] {
    auto t = std::make_shared<Start>();
    const PreKeyBundle bundle = t->bob_party.prekeys.bundle(t->clock.now());
    return Trial{t,
                 [t = t.get(), bundle] { t->session = Session::initiate(t->alice_party.device, bundle, t->random); }};
  });
  fail_every_allocation("session: accept", [] {
    auto t = std::make_shared<Start>();
    Session from = Session::initiate(t->alice_party.device, t->bob_party.prekeys.bundle(t->clock.now()), t->random);
    t->first = from.encrypt(as_bytes("first"), t->random);
    return Trial{t,
                 [t = t.get()] {
                   AcceptedSession accepted =
                       Session::accept(t->bob_party.device, t->bob_party.prekeys, t->first, t->clock.now());
                   t->session = std::move(accepted.session);
                 },
                 [t = t.get()] {
                   const SecretBytes prekeys = t->bob_party.prekeys.save();
                   return Bytes(prekeys.begin(), prekeys.end());
                 }};
  });
  fail_every_allocation("session: save and load", [] {
    auto t = std::make_shared<Start>();
    return Trial{t, [t = t.get()] { t->session = Session::load(t->bob.save()); },
                 [t = t.get()] { return saved(t->bob); }};
  });
  fail_every_allocation("session: seal and open a record", [] {
    auto t = std::make_shared<Start>();
    return Trial{t,
                 [t = t.get()] {
                   t->sealed = t->bob.seal(t->key, t->random);
                   t->session = Session::open(t->key, t->sealed);
                 },
                 [t = t.get()] { return saved(t->bob); }};
  });
  fail_every_allocation("session: signals", [] {
    auto t = std::make_shared<Start>();
    return Trial{t, [t = t.get()] {
                   t->clock.advance(Milliseconds(1));
                   t->sealed = t->alice.seal_signal(as_bytes("typing"), t->clock.now(), t->random);
                   t->record = t->bob.open_signal(t->sealed, t->clock.now());
                 }};
  });
}

TEST_CASE("keys and prekeys without memory") {
  struct Keys {
    FakeClock clock;
    SeededRandom random{5};
    Party party{random, clock.now()};
    std::optional<PreKeyBundle> bundle;
    Bytes encoded;
  };
  const auto prekeys = [](Keys& keys) {
    const SecretBytes bytes = keys.party.prekeys.save();
    return Bytes(bytes.begin(), bytes.end());
  };
  fail_every_allocation("crypto: refill prekeys", [&] {
    auto k = std::make_shared<Keys>();
    return Trial{k, [k = k.get()] { k->party.prekeys.refill(k->party.device, k->clock.now(), k->random, 8); },
                 [k = k.get(), prekeys] { return prekeys(*k); }};
  });
  fail_every_allocation("crypto: a bundle", [&] {
    auto k = std::make_shared<Keys>();
    return Trial{k, [k = k.get()] {
                   if (!k->bundle) k->bundle = k->party.prekeys.bundle(k->clock.now());
                   const auto encoded = k->bundle->encode();
                   k->encoded.assign(encoded.begin(), encoded.end());
                   static_cast<void>(Device::load(k->party.device.save()));
                 }};
  });
}
