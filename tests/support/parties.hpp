// tests/support/parties.hpp - two devices with a session between them, from one seed.
#pragma once

#include <anochat/crypto/memory_prekeys.hpp>
#include <anochat/session/session.hpp>
#include <anochat/testing/clock.hpp>
#include <anochat/testing/random.hpp>
#include <cstdint>
#include <utility>

namespace anochat::testing {

/// One device with its prekeys, and its end of a conversation once there is one.
struct Party {
  Party(SeededRandom& random, UnixTime now, std::size_t one_time = 4)
      : account(AccountKey::generate(random)), device(Device::create(account, 1, random)), prekeys(device, now, random, one_time) {}

  AccountKey account;
  Device device;
  MemoryPreKeys prekeys;
};

/// Alice has started a conversation with Bob; Bob has opened her first message ("hello") and answered nothing yet.
struct Pair {
  explicit Pair(std::uint64_t seed, std::size_t one_time = 4)
      : random(seed), alice_party(random, clock.now(), one_time), bob_party(random, clock.now(), one_time),
        alice(Session::initiate(alice_party.device, bob_party.prekeys.bundle(clock.now()), random)),
        first_message(alice.encrypt(as_bytes("hello"), random)), bob(accept()) {}

  FakeClock clock;
  SeededRandom random;
  Party alice_party;
  Party bob_party;
  Session alice;
  Bytes first_message;
  Session bob;

  /// Sends `content` from one session to the other and returns what arrives.
  SecretBytes pass(Session& from, Session& to, ByteView content) { return to.decrypt(from.encrypt(content, random), clock.now()); }

  /// Both have heard of each other: no handshake block any more.
  void settle() {
    pass(bob, alice, as_bytes("hi"));
    pass(alice, bob, as_bytes("ok"));
  }

 private:
  Session accept() {
    AcceptedSession accepted = Session::accept(bob_party.device, bob_party.prekeys, first_message, clock.now());
    bob_party.prekeys.consume(accepted.consumed);
    return std::move(accepted.session);
  }
};

}  // namespace anochat::testing
