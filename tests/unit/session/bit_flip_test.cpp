// Every change of a captured message, to the last bit and byte, is refused and changes nothing.
#include "session/wire.hpp"
#include "support/check.hpp"
#include "support/forger.hpp"
#include "support/parties.hpp"

#include <doctest/doctest.h>

#include <optional>

using namespace anochat;
using testing::Pair;
using testing::Party;

namespace {

// What a change in the prefix must give; nothing when the byte is what it was.
std::optional<Errc> expected_for_prefix(std::size_t at, std::uint8_t was, std::uint8_t is) {
  if (was == is) return std::nullopt;
  if (at == 0) return Errc::unsupported_version;
  if (at == 2) return Errc::unsupported_suite;
  return Errc::bad_message;
}

// Compares a state with what it was without saying it byte by byte.
template <class Save>
class Unchanged {
 public:
  explicit Unchanged(Save save) : save_(save), before_(save()) {}
  [[nodiscard]] bool check() const { return save_() == before_; }

 private:
  Save save_;
  SecretBytes before_;
};

template <class Try>
std::optional<Errc> code_of(Try attempt) {
  try {
    attempt();
  } catch (const Error& error) {
    return error.code();
  }
  return std::nullopt;
}

// How many of the message's bits can be changed without the right refusal.
std::size_t flips_not_refused(Session& session, const Bytes& genuine, UnixTime now) {
  const Unchanged state([&] { return session.save(); });
  Bytes message = genuine;
  std::size_t wrong = 0;
  for (std::size_t bit = 0; bit < 8 * genuine.size(); ++bit) {
    message[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    const Errc expected =
        bit < 32 ? *expected_for_prefix(bit / 8, genuine[bit / 8], message[bit / 8]) : Errc::bad_message;
    if (code_of([&] { static_cast<void>(session.decrypt(message, now)); }) != expected || !state.check()) ++wrong;
    message[bit / 8] = genuine[bit / 8];
  }
  return wrong;
}

// How many shorter and longer messages with the same start are not refused as malformed.
template <class Refuse>
std::size_t lengths_not_refused(const Bytes& genuine, Refuse refuse) {
  std::size_t wrong = 0;
  const auto check = [&](ByteView message) {
    if (code_of([&] { refuse(message); }) != Errc::bad_message) ++wrong;
  };
  for (std::size_t length = 0; length < genuine.size(); ++length) check(ByteView(genuine).first(length));
  Bytes longer = genuine;
  while (longer.size() < genuine.size() + 1'100) {
    longer.push_back(0);
    check(longer);
  }
  for (const std::size_t length : {kMaxMessageLen, kMaxMessageLen + 1, std::size_t{1'000'000}}) {
    longer.resize(length);
    check(longer);
  }
  return wrong;
}

}  // namespace

TEST_CASE("a ratchet message with any one bit changed is refused") {
  Pair p(400);
  p.settle();
  const Bytes genuine = p.alice.encrypt(as_bytes("captured"), p.random);
  CHECK(flips_not_refused(p.bob, genuine, p.clock.now()) == 0);
  CHECK(p.bob.decrypt(genuine, p.clock.now()).size() == 8);
}

TEST_CASE("an initial message with any one bit changed is refused by the session it belongs to") {
  Pair p(401);
  const Bytes genuine = p.alice.encrypt(as_bytes("captured"), p.random);
  CHECK(flips_not_refused(p.bob, genuine, p.clock.now()) == 0);
  CHECK(p.bob.decrypt(genuine, p.clock.now()).size() == 8);
}

TEST_CASE("an initial message with any one bit changed starts no session") {
  testing::SeededRandom random(402);
  testing::FakeClock clock;
  Party alice(random, clock.now(), 0);
  Party bob(random, clock.now(), 1);
  Session session = Session::initiate(alice.device, bob.prekeys.bundle(clock.now()), random);
  const Bytes genuine = session.encrypt(as_bytes("captured"), random);
  const Unchanged prekeys([&] { return bob.prekeys.save(); });

  // Offsets in the message of what does not simply fail to open.
  const auto is_id = [](std::size_t at) {
    return (at >= 36 && at < 40) || (at >= 41 && at < 45) || (at >= 46 && at < 50);
  };
  const auto expected = [&](std::size_t bit, std::uint8_t now) {
    const std::size_t at = bit / 8;
    if (at < 4) return *expected_for_prefix(at, genuine[at], now);
    if (bit == 8 * 35 + 7) return Errc::bad_key;  // the top bit of EK
    if (!is_id(at)) return Errc::bad_message;
    const bool is_zero = now == 0 && genuine[at] == 1;  // all ids are 1 here: this one has become 0
    return is_zero ? Errc::bad_message : Errc::prekey_unknown;
  };
  Bytes message = genuine;
  std::size_t wrong = 0;
  for (std::size_t bit = 0; bit < 8 * genuine.size(); ++bit) {
    std::uint8_t& byte = message[bit / 8];
    byte ^= static_cast<std::uint8_t>(1U << (bit % 8));
    const auto code =
        code_of([&] { static_cast<void>(Session::accept(bob.device, bob.prekeys, message, clock.now())); });
    if (code != expected(bit, byte)) {
      ++wrong;
      MESSAGE("bit " << bit);
    }
    byte = genuine[bit / 8];
  }
  CHECK(wrong == 0);
  CHECK(prekeys.check());
  CHECK(Session::accept(bob.device, bob.prekeys, genuine, clock.now()).content.size() == 8);
}

TEST_CASE("a message of any other length is refused") {
  Pair p(403);
  const Bytes initial = p.alice.encrypt(as_bytes("captured"), p.random);
  const auto refuse = [&](ByteView message) { static_cast<void>(p.bob.decrypt(message, p.clock.now())); };
  const Unchanged before([&] { return p.bob.save(); });
  CHECK(lengths_not_refused(initial, refuse) == 0);
  CHECK(before.check());
  p.settle();
  const Bytes ratchet = p.alice.encrypt(as_bytes("captured"), p.random);
  const Unchanged after([&] { return p.bob.save(); });
  CHECK(lengths_not_refused(ratchet, refuse) == 0);
  CHECK(after.check());
  CHECK(p.bob.decrypt(ratchet, p.clock.now()).size() == 8);
}

TEST_CASE("an initial message of any other length starts no session") {
  testing::SeededRandom random(406);
  testing::FakeClock clock;
  Party alice(random, clock.now(), 0);
  Party bob(random, clock.now(), 1);
  Session session = Session::initiate(alice.device, bob.prekeys.bundle(clock.now()), random);
  const Bytes genuine = session.encrypt(as_bytes("captured"), random);
  CHECK(lengths_not_refused(genuine, [&](ByteView message) {
          static_cast<void>(Session::accept(bob.device, bob.prekeys, message, clock.now()));
        }) == 0);
}

TEST_CASE("each byte of the prefix may have one value only") {
  Pair p(404);
  const Bytes initial = p.alice.encrypt(as_bytes("captured"), p.random);
  const Unchanged bob([&] { return p.bob.save(); });
  for (std::size_t at = 0; at < session::kPrefixLen; ++at) {
    for (unsigned value = 0; value < 256; ++value) {
      Bytes message = initial;
      message[at] = static_cast<std::uint8_t>(value);
      const auto expected = expected_for_prefix(at, initial[at], message[at]);
      if (!expected) continue;
      CHECK_ERROR(p.bob.decrypt(message, p.clock.now()), *expected);
      CHECK_ERROR(Session::accept(p.bob_party.device, p.bob_party.prekeys, message, p.clock.now()), *expected);
      CHECK_FALSE(Session::peek_id(message).has_value());
    }
  }
  CHECK(bob.check());
}

TEST_CASE("a future version is reported as such, however the rest looks") {
  Pair p(405);
  const Bytes message{0x12, 0x07, 0x09, 0x01};
  CHECK_REFUSED(p.bob, message, p.clock.now(), Errc::unsupported_version);
  const Bytes suite{0x11, 0x07, 0x02, 0x01};
  CHECK_REFUSED(p.bob, suite, p.clock.now(), Errc::unsupported_suite);
}
