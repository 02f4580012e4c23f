#include <anochat/session/session.hpp>

#include "support/check.hpp"
#include "support/parties.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace anochat;
using testing::Pair;

namespace {

std::string text_of(const SecretBytes& content) { return {content.begin(), content.end()}; }

}  // namespace

TEST_CASE("the first message opens and names its sender") {
  testing::SeededRandom random(1);
  testing::FakeClock clock;
  testing::Party alice(random, clock.now());
  testing::Party bob(random, clock.now());
  Session session = Session::initiate(alice.device, bob.prekeys.bundle(clock.now()), random);
  const Bytes message = session.encrypt(as_bytes("hello"), random);
  AcceptedSession accepted = Session::accept(bob.device, bob.prekeys, message, clock.now());
  CHECK(text_of(accepted.content) == "hello");
  CHECK(accepted.peer == alice.device.certificate());
  CHECK(accepted.session.peer_address() == alice.device.address());
  CHECK(session.peer_identity() == bob.device.certificate().identity);
  CHECK(accepted.session.id() == session.id());
  CHECK(Session::peek_id(message) == session.id());
  CHECK_FALSE(accepted.has_reduced_forward_secrecy());
  CHECK(message.size() == 1'671);
}

TEST_CASE("a conversation goes back and forth through many PQ epochs") {
  Pair p(2);
  for (int i = 0; i < 400; ++i) {
    const std::string text = "message " + std::to_string(i);
    Session& from = i % 2 == 0 ? p.bob : p.alice;
    Session& to = i % 2 == 0 ? p.alice : p.bob;
    CHECK(text_of(p.pass(from, to, as_bytes(text))) == text);
  }
  CHECK(p.alice.pq_epoch() >= 10);
  CHECK(p.alice.skipped_key_count() == 0);
}

TEST_CASE("saving and loading at every step changes nothing") {
  Pair p(3);
  for (int i = 0; i < 200; ++i) {
    Session& from = i % 3 == 0 ? p.bob : p.alice;
    Session& to = i % 3 == 0 ? p.alice : p.bob;
    p.pass(from, to, as_bytes("x"));
    const SecretBytes saved = to.save();
    to = Session::load(saved);
    CHECK(to.save() == saved);
    from = Session::load(from.save());
  }
  CHECK(p.bob.pq_epoch() >= 2);
}

TEST_CASE("messages open in any order") {
  Pair p(4);
  p.settle();
  std::vector<Bytes> sent;
  for (int i = 0; i < 1'001; ++i) sent.push_back(p.alice.encrypt(as_bytes(std::to_string(i)), p.random));
  for (int i = 1'000; i >= 0; --i)
    CHECK(text_of(p.bob.decrypt(sent[static_cast<std::size_t>(i)], p.clock.now())) == std::to_string(i));
  CHECK(p.bob.skipped_key_count() == 0);
}

TEST_CASE("a session recognises its own messages and no others") {
  Pair p(5);
  Pair other(6);
  const Bytes message = p.bob.encrypt(as_bytes("x"), p.random);
  CHECK(p.alice.recognises(message));
  CHECK_FALSE(p.bob.recognises(message));
  CHECK_FALSE(other.alice.recognises(message));
  CHECK_FALSE(p.alice.recognises({}));
  CHECK(p.bob.recognises(p.alice.encrypt({}, p.random)));
}

TEST_CASE("signals open without moving the ratchet, once, and only for a minute") {
  Pair p(7);
  p.settle();
  const SecretBytes before = p.bob.save();
  const Bytes signal = p.alice.seal_signal(as_bytes("typing"), p.clock.now(), p.random);
  CHECK(signal.size() == kSignalLen);
  CHECK(text_of(p.bob.open_signal(signal, p.clock.now())) == "typing");
  CHECK(p.bob.save() == before);
  CHECK_ERROR(p.bob.open_signal(signal, p.clock.now()), Errc::replayed);
  CHECK_ERROR(p.alice.open_signal(signal, p.clock.now()), Errc::bad_message);
  const Bytes old = p.alice.seal_signal(as_bytes("old"), p.clock.now(), p.random);
  const Bytes newer = p.alice.seal_signal(Bytes(kMaxSignalContentLen, 7), p.clock.now(), p.random);
  CHECK(p.bob.open_signal(newer, p.clock.now()).size() == kMaxSignalContentLen);
  CHECK_ERROR(p.bob.open_signal(old, p.clock.now()), Errc::replayed);
  const Bytes late = p.alice.seal_signal({}, p.clock.now(), p.random);
  CHECK_ERROR(p.bob.open_signal(late, p.clock.now() + kSignalLifetime + std::chrono::seconds(1)), Errc::replayed);
  CHECK_ERROR(p.alice.seal_signal(Bytes(kMaxSignalContentLen + 1), p.clock.now(), p.random), Errc::too_large);
  for (std::size_t at = 0; at < signal.size(); ++at) {
    Bytes changed = late;
    changed[at] ^= 1;
    CHECK_ERROR(p.bob.open_signal(changed, p.clock.now()), Errc::bad_message);
  }
}

TEST_CASE("the first side can signal before it is answered, the other only after it has written") {
  Pair p(8);
  const Bytes signal = p.alice.seal_signal(as_bytes("typing"), p.clock.now(), p.random);
  CHECK(text_of(p.bob.open_signal(signal, p.clock.now())) == "typing");
  CHECK_ERROR(p.bob.seal_signal({}, p.clock.now(), p.random), Errc::wrong_state);
}
