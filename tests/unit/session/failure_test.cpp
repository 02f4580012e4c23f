// Calls that fail leave the session as it was, and the next call works.
#include "support/check.hpp"
#include "support/forger.hpp"
#include "support/parties.hpp"

#include <doctest/doctest.h>

#include <utility>

using namespace anochat;
using testing::FailingRandom;
using testing::Pair;
using testing::Party;
using testing::SeededRandom;
using testing::state_of;

namespace {

// Counts its draws.
class CountingRandom final : public Random {
 public:
  explicit CountingRandom(std::uint64_t seed) noexcept : source_(seed) {}
  void fill(MutableByteView out) override {
    ++draws;
    source_.fill(out);
  }
  std::uint64_t draws = 0;

 private:
  SeededRandom source_;
};

}  // namespace

TEST_CASE("[39] an encrypt without randomness fails, changes nothing, and the next one works") {
  Pair p(600);
  std::uint64_t most = 0;
  for (int i = 0; i < 120; ++i) {
    Session& from = i % 2 == 0 ? p.bob : p.alice;
    Session& to = i % 2 == 0 ? p.alice : p.bob;
    CountingRandom counting(9);
    Session probe = testing::clone(from);
    static_cast<void>(probe.encrypt(as_bytes("x"), counting));
    most = std::max(most, counting.draws);
    for (std::uint64_t good = 0; good < counting.draws; ++good) {
      FailingRandom failing(good);
      const SecretBytes before = from.save();
      CHECK_ERROR(from.encrypt(as_bytes("x"), failing), Errc::random_failed);
      CHECK(from.save() == before);
    }
    FailingRandom enough(counting.draws, static_cast<std::uint64_t>(i));
    CHECK(to.decrypt(from.encrypt(as_bytes("x"), enough), p.clock.now()).size() == 1);
  }
  CHECK(most == 2);  // a ratchet key and an ML-KEM key
}

TEST_CASE("[39] a session is not started without randomness") {
  Pair p(601);
  for (std::uint64_t good = 0; good < 2; ++good) {
    FailingRandom failing(good);
    CHECK_ERROR(Session::initiate(p.alice_party.device, p.bob_party.prekeys.bundle(p.clock.now()), failing),
                Errc::random_failed);
  }
  FailingRandom enough(2);
  CHECK_FALSE(Session::initiate(p.alice_party.device, p.bob_party.prekeys.bundle(p.clock.now()), enough).is_answered());
}

TEST_CASE("[39] a sealed record is not made without randomness") {
  Pair p(602);
  FailingRandom failing(0);
  CHECK_ERROR(p.bob.seal(StateKey(), failing), Errc::random_failed);
}

TEST_CASE("[23] an encrypt that failed and is tried again gives the bytes of a first attempt") {
  Pair p(603);
  for (int i = 0; i < 60; ++i) {
    Session& from = i % 2 == 0 ? p.bob : p.alice;
    Session& to = i % 2 == 0 ? p.alice : p.bob;
    const auto seed = static_cast<std::uint64_t>(i);
    Session untroubled = testing::clone(from);
    SeededRandom first(seed);
    const Bytes expected = untroubled.encrypt(as_bytes("text"), first);

    FailingRandom failing(0);
    Bytes small(from.message_len(4) - 1);
    SeededRandom again(seed);
    CHECK_ERROR(from.encrypt(as_bytes("text"), small, again), Errc::buffer_too_small);
    CHECK_ERROR(from.encrypt(Bytes(65'537), again), Errc::too_large);
    if (state_of(from).ec.is_step_due) CHECK_ERROR(from.encrypt(as_bytes("text"), failing), Errc::random_failed);
    CHECK(from.encrypt(as_bytes("text"), again) == expected);
    CHECK(from.save() == untroubled.save());
    CHECK(to.decrypt(expected, p.clock.now()).size() == 4);
  }
}

TEST_CASE("a buffer too small by one byte is refused by both calls, and the exact size is enough") {
  Pair p(604);
  for (const std::size_t content_len : {0UL, 1UL, 217UL, 249UL, 5'000UL, 65'536UL}) {
    const Bytes content(content_len, 7);
    const std::size_t needed = p.bob.message_len(content_len);
    Bytes message(needed);
    const SecretBytes before_encrypt = p.bob.save();
    CHECK_ERROR(p.bob.encrypt(content, MutableByteView(message).first(needed - 1), p.random), Errc::buffer_too_small);
    CHECK(p.bob.save() == before_encrypt);
    CHECK(p.bob.encrypt(content, message, p.random) == needed);

    const std::size_t bound = Session::content_bound(needed);
    CHECK(bound >= content_len);
    Bytes out(bound);
    const SecretBytes before_decrypt = p.alice.save();
    CHECK_ERROR(p.alice.decrypt(message, MutableByteView(out).first(bound - 1), p.clock.now()), Errc::buffer_too_small);
    CHECK(p.alice.save() == before_decrypt);
    CHECK(p.alice.decrypt(message, out, p.clock.now()) == content_len);
    CHECK(std::equal(content.begin(), content.end(), out.begin()));
  }
}

TEST_CASE("the bound of a message's content is what its length leaves, and nothing for what is too short") {
  const std::size_t overhead = session::kHeadLen + crypto::kTagLen + session::kBodyOverhead;
  CHECK(Session::content_bound(0) == 0);
  CHECK(Session::content_bound(overhead - 1) == 0);
  CHECK(Session::content_bound(overhead) == 0);
  CHECK(Session::content_bound(overhead + 1) == 1);
  CHECK(Session::content_bound(overhead + kMaxContentLen - 1) == kMaxContentLen - 1);
  CHECK(Session::content_bound(overhead + kMaxContentLen + 1) == kMaxContentLen);
}

TEST_CASE("message_len is exact for every length, with and without symbols, before and after the first answer") {
  Pair p(605);
  for (const std::size_t content_len :
       {0UL, 217UL, 218UL, 249UL, 250UL, 505UL, 1'017UL, 4'089UL, 4'090UL, 65'529UL, 65'536UL}) {
    for (Session* session : {&p.alice, &p.bob}) {
      Session copy = testing::clone(*session);
      const std::size_t said = copy.message_len(content_len);
      CHECK(copy.encrypt(Bytes(content_len), p.random).size() == said);
      CHECK(said <= kMaxMessageLen);
    }
    p.pass(p.bob, p.alice, as_bytes("x"));
  }
  CHECK_ERROR(p.alice.message_len(65'537), Errc::too_large);
}

TEST_CASE("a responder that could not have received anything cannot send") {
  Pair p(606);
  state_of(p.bob).ec.is_step_due = false;
  const SecretBytes before = p.bob.save();
  CHECK_ERROR(p.bob.encrypt(as_bytes("x"), p.random), Errc::wrong_state);
  CHECK(p.bob.save() == before);
}

TEST_CASE("a session that was moved from says so, and can be assigned to") {
  Pair p(607);
  Session moved = std::move(p.bob);
  // NOLINTBEGIN(bugprone-use-after-move): what this test is about
  CHECK_ERROR(p.bob.encrypt(as_bytes("x"), p.random), Errc::wrong_state);
  CHECK_ERROR(p.bob.message_len(0), Errc::wrong_state);
  CHECK_ERROR(p.bob.decrypt(p.first_message, p.clock.now()), Errc::wrong_state);
  CHECK_ERROR(p.bob.save(), Errc::wrong_state);
  CHECK_ERROR(p.bob.save_record(), Errc::wrong_state);
  CHECK_ERROR(p.bob.seal(StateKey(), p.random), Errc::wrong_state);
  p.bob = std::move(moved);
  // NOLINTEND(bugprone-use-after-move)
  CHECK(p.alice.decrypt(p.bob.encrypt(as_bytes("x"), p.random), p.clock.now()).size() == 1);
}
