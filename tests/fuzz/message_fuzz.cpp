// Messages that somebody has made up or changed, for a session with skipped keys: none opens but what was sent, and a
// refused one leaves the session as it was.
#include <anochat/session/session.hpp>

#include "fuzz/fuzz.hpp"
#include "fuzz/pair.hpp"

#include <array>

using namespace anochat;

namespace {

// Bob may still open four messages: one of an older chain, one passed over, the next, and one that begins a chain.
struct World {
  World() {
    initial = pair.alice.encrypt(as_bytes("initial"), pair.random);
    unanswered = pair.bob->save();
    pair.pass(*pair.bob, pair.alice);
    messages[0] = pair.alice.encrypt(as_bytes("older"), pair.random);
    pair.pass(pair.alice, *pair.bob);
    pair.pass(*pair.bob, pair.alice);
    pair.pass(pair.alice, *pair.bob);
    messages[1] = pair.alice.encrypt(as_bytes("skipped"), pair.random);
    pair.pass(pair.alice, *pair.bob);
    messages[2] = pair.alice.encrypt(as_bytes("next"), pair.random);
    pair.pass(*pair.bob, pair.alice);
    messages[3] = pair.alice.encrypt(as_bytes("step"), pair.random);
    answered = pair.bob->save();
  }
  fuzz::Pair pair;
  Bytes initial;
  std::array<Bytes, 4> messages;
  SecretBytes unanswered;
  SecretBytes answered;
};

void offer(const SecretBytes& state, const Bytes& message, bool is_genuine) {
  Session bob = Session::load(state);
  const bool is_recognised = bob.recognises(message);
  const bool is_open = fuzz::accepts(
      {Errc::bad_message, Errc::replayed, Errc::gap_too_large, Errc::unsupported_version, Errc::unsupported_suite},
      [&] { static_cast<void>(bob.decrypt(message, fuzz::kNow)); });
  fuzz::require(is_open == is_genuine, "what was sent opens, and nothing else");
  fuzz::require(is_recognised || !is_open, "what opens is recognised");
  if (!is_open) fuzz::require(bob.save() == state, "a refused message changes nothing");
  static_cast<void>(fuzz::accepts({Errc::bad_message, Errc::replayed},
                                  [&] { static_cast<void>(bob.open_signal(message, fuzz::kNow)); }));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const World world;
  const ByteView input(data, size);
  offer(world.answered, Bytes(input.begin(), input.end()), false);
  const Bytes initial = fuzz::edited(world.initial, input);
  offer(world.unanswered, initial, initial == world.initial);
  for (const Bytes& message : world.messages) {
    const Bytes changed = fuzz::edited(message, input);
    offer(world.answered, changed, changed == message);
  }
  return 0;
}
