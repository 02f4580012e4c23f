#include <anochat/session/session.hpp>
#include <doctest/doctest.h>
#include <string>

#include "support/check.hpp"
#include "support/parties.hpp"

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
  for (int i = 1'000; i >= 0; --i) CHECK(text_of(p.bob.decrypt(sent[static_cast<std::size_t>(i)], p.clock.now())) == std::to_string(i));
  CHECK(p.bob.skipped_key_count() == 0);
}
