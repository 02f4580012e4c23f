// First messages that somebody has made up or changed: nothing opens but what was sent, and no prekey is touched.
#include <anochat/crypto/memory_prekeys.hpp>
#include <anochat/session/session.hpp>
#include <anochat/testing/random.hpp>

#include "fuzz/fuzz.hpp"

#include <array>

using namespace anochat;

namespace {

constexpr UnixTime kNow{std::chrono::seconds{1'893'456'000}};

// Two first messages to Bob: with one-time prekeys, and with the last-resort one.
struct World {
  World()
      : account_a(AccountKey::generate(random)),
        account_b(AccountKey::generate(random)),
        alice(Device::create(account_a, 1, random)),
        bob(Device::create(account_b, 1, random)),
        prekeys(bob, kNow, random, 1) {
    for (Bytes& message : messages)
      message = Session::initiate(alice, prekeys.bundle(kNow), random).encrypt(as_bytes("hello"), random);
    before = prekeys.save();
  }
  testing::SeededRandom random{1};
  AccountKey account_a;
  AccountKey account_b;
  Device alice;
  Device bob;
  MemoryPreKeys prekeys;
  std::array<Bytes, 2> messages;
  SecretBytes before;
};

void offer(World& world, const Bytes& message) {
  const bool is_open = fuzz::accepts(
      {Errc::bad_message, Errc::unsupported_version, Errc::unsupported_suite, Errc::bad_key, Errc::bad_signature,
       Errc::replayed, Errc::prekey_unknown, Errc::self_session, Errc::gap_too_large},
      [&] {
        const AcceptedSession accepted = Session::accept(world.bob, world.prekeys, message, kNow);
        fuzz::require(accepted.peer == world.alice.certificate(), "the sender is Alice");
        fuzz::require(Session::peek_id(message) == accepted.session.id(), "the message names the session");
      });
  const bool is_genuine = message == world.messages[0] || message == world.messages[1];
  fuzz::require(is_open == is_genuine, "what was sent opens, and nothing else");
  fuzz::require(world.prekeys.save() == world.before, "accepting only reads");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static World world;
  const ByteView input(data, size);
  offer(world, Bytes(input.begin(), input.end()));
  for (const Bytes& message : world.messages) offer(world, fuzz::edited(message, input));
  return 0;
}
