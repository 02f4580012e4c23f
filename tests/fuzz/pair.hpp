// Two parties for the fuzz targets of sessions.
#pragma once

#include <anochat/crypto/memory_prekeys.hpp>
#include <anochat/session/session.hpp>
#include <anochat/testing/random.hpp>

#include "fuzz/fuzz.hpp"

#include <optional>
#include <utility>

namespace anochat::fuzz {

inline constexpr UnixTime kNow{std::chrono::seconds{1'893'456'000}};

/// Alice has written "hello" to Bob, who has opened it.
struct Pair {
  Pair()
      : account_a(AccountKey::generate(random)),
        account_b(AccountKey::generate(random)),
        device_a(Device::create(account_a, 1, random)),
        device_b(Device::create(account_b, 1, random)),
        prekeys(device_b, kNow, random, 0),
        alice(Session::initiate(device_a, prekeys.bundle(kNow), random)) {
    AcceptedSession accepted = Session::accept(device_b, prekeys, alice.encrypt(as_bytes("hello"), random), kNow);
    bob = std::move(accepted.session);
  }

  void pass(Session& from, Session& to) {
    require(as_text(to.decrypt(from.encrypt(as_bytes("x"), random), kNow)) == "x", "a message arrives");
  }

  testing::SeededRandom random{1};
  AccountKey account_a;
  AccountKey account_b;
  Device device_a;
  Device device_b;
  MemoryPreKeys prekeys;
  Session alice;
  std::optional<Session> bob;
};

}  // namespace anochat::fuzz
