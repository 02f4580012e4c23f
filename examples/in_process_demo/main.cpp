// main.cpp - Alice and Bob talk in one process, through a pipe that treats their messages badly.
//
// Only the session layer is used: no store, no network. Every claim that is printed is checked, and the program fails
// when one does not hold.
#include <anochat/base/version.hpp>
#include <anochat/crypto/safety_number.hpp>
#include <anochat/testing/clock.hpp>
#include <anochat/testing/random.hpp>

#include "conversation.hpp"
#include "people.hpp"
#include "screen.hpp"

#include <charconv>
#include <string>
#include <tuple>

namespace {

using namespace anochat;

// docs/protocol.md, sections 4 and 5, say where things lie.
void show_wire(ByteView message) {
  const bool is_first = message[1] == 1;
  screen::wire_part(message.first(4), "version, kind, suite");
  if (is_first) {
    screen::wire_part(message.subspan(4, 32), "a key made for this conversation; it names nobody");
    screen::wire_part(message.subspan(36, 14), "the numbers of the prekeys that were used");
    screen::wire_part(message.subspan(50, 1'088), "ML-KEM-768 ciphertext");
    screen::wire_part(message.subspan(1'138, 181), "who writes, sealed: Alice's certificate");
    message = message.subspan(1'315);
  }
  screen::wire_part(message.subspan(4, 80), "header, sealed: ratchet key and counters");
  screen::wire_part(message.subspan(84), "body, sealed: text, PQ agreement, filling");
}

void shake_hands(World& world, Person& alice, Person& bob) {
  screen::section("Handshake");
  screen::line("Alice is", alice.device.address().text());
  screen::line("Bob is", bob.device.address().text());

  // Bob has left a bundle with a relay. Alice trusts the address that Bob gave her, not the relay.
  const Bytes bundle = bob.prekeys.bundle(world.now()).encode();
  const PreKeyBundle verified = PreKeyBundle::decode(bundle, bob.device.address(), world.now());
  screen::line("Bob's bundle", screen::number(bundle.size()) + " bytes, four signatures, all under his address");

  alice.session = Session::initiate(alice.device, verified, world.random);
  const Bytes first = alice.session->encrypt(as_bytes("Are you there?"), world.random);
  AcceptedSession accepted = Session::accept(bob.device, bob.prekeys, first, world.now());
  bob.prekeys.consume(accepted.consumed);  // the one-time prekeys never open anything again
  bob.session = std::move(accepted.session);
  const Bytes answer = bob.session->encrypt(as_bytes("Here I am."), world.random);
  const SecretBytes answer_read = alice.session->decrypt(answer, world.now());

  world.promise(as_text(accepted.content) == "Are you there?" && accepted.peer.address() == alice.device.address(),
                "Bob reads", "\"" + std::string(as_text(accepted.content)) + "\", and who has written it");
  world.promise(as_text(answer_read) == "Here I am.", "Alice reads", "\"" + std::string(as_text(answer_read)) + "\"");

  screen::section("What the wire has seen");
  screen::line("first message", screen::number(first.size()) + " bytes");
  show_wire(first);
  screen::line("answer", screen::number(answer.size()) + " bytes");
  show_wire(answer);
  const std::size_t small = alice.session->message_len(1);
  world.promise(small == alice.session->message_len(200), "from now on",
                "1 letter or 200: the wire sees " + screen::number(small) + " bytes");
}

void compare_safety_numbers(World& world, const Person& alice, const Person& bob) {
  screen::section("Safety number");
  const auto on_alices_screen = SafetyNumber::between(alice.account.public_key(), bob.account.public_key());
  const auto on_bobs_screen = SafetyNumber::between(bob.account.public_key(), alice.account.public_key());
  screen::lines("", on_alices_screen.display());
  world.promise(on_alices_screen.digits() == on_bobs_screen.digits(), "on both screens", "the same digits, so nobody sits between them");
}

void attack(World& world, Person& alice, Person& bob) {
  screen::section("Somebody at the wire");
  const Bytes message = alice.session->encrypt(as_bytes("Meet me at noon."), world.random);
  const auto bob_opens = [&](const Bytes& what) {
    return refusal([&] { std::ignore = bob.session->decrypt(what, world.now()); });
  };
  const auto refused = [&](std::string_view label, const Bytes& what, Errc expected) {
    const auto code = bob_opens(what);
    world.promise(code == expected, label, code ? "refused: " + std::string(name_of(*code)) : "read");
  };

  const SecretBytes before = bob.session->save();
  Bytes changed = message;
  changed[200] ^= 1;
  refused("one bit changed", changed, Errc::bad_message);
  world.promise(bob.session->save() == before, "", "and Bob's session is what it was, byte for byte");
  world.promise(!bob_opens(message), "the message", "read");
  refused("the same again", message, Errc::replayed);
}

int run(Random& random, const Clock& clock) {
  World world{random, clock};
  std::cout << screen::paint(screen::Colour::bold, "AnoChat " + std::string(kVersion)) << ": two people, one process\n";
  Person alice("Alice", world);
  Person bob("Bob", world);
  shake_hands(world, alice, bob);
  compare_safety_numbers(world, alice, bob);

  screen::section("A conversation over a network that loses, repeats and reorders");
  std::uint64_t pipe_seed = 0;
  for (const std::uint8_t byte : random.array<8>()) pipe_seed = pipe_seed << 8 | byte;
  Conversation(world, alice, bob, pipe_seed).run();

  attack(world, alice, bob);
  if (world.broken_promises == 0) return 0;
  std::cout << '\n' << screen::paint(screen::Colour::red, "a promise was broken") << '\n';
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  std::uint64_t seed = 0;
  const std::string_view text = argc == 3 ? argv[2] : "";
  const char* const end = text.data() + text.size();
  const bool has_seed = argc == 3 && std::string_view(argv[1]) == "--seed" && !text.empty() &&
                        std::from_chars(text.data(), end, seed).ptr == end;
  if (argc != 1 && !has_seed) {
    std::cerr << "usage: anochat_demo [--seed N]    with a seed every run is the same, and the keys are no secret\n";
    return 2;
  }
  try {
    if (has_seed) {
      testing::SeededRandom random(seed);
      return run(random, testing::FakeClock());
    }
    SystemRandom random;
    return run(random, SystemClock());
  } catch (const std::exception& error) {
    std::cerr << "the demo has failed: " << error.what() << '\n';
    return 1;
  }
}
