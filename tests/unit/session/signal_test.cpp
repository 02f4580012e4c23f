// The lane for signals: nothing but its own clock moves, and nothing in it opens twice.
#include "base/byte_io.hpp"
#include "crypto/blake2.hpp"
#include "crypto/xchacha.hpp"
#include "support/check.hpp"
#include "support/forger.hpp"
#include "support/parties.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <string>

using namespace anochat;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::Pair;

using SignalKey = Secret<struct SignalKeyRole, 32>;

TEST_CASE("signals of every length arrive, look alike, and move no ratchet") {
  Pair p(900);
  p.settle();
  const SecretBytes alice = p.alice.save();
  const SecretBytes bob = p.bob.save();
  for (std::size_t length = 0; length <= kMaxSignalContentLen; ++length) {
    const Bytes content(length, 7);
    const Bytes signal = p.alice.seal_signal(content, p.clock.now(), p.random);
    CHECK(signal.size() == kSignalLen);
    const SecretBytes opened = p.bob.open_signal(signal, p.clock.now());
    CHECK(std::equal(opened.begin(), opened.end(), content.begin(), content.end()));
  }
  CHECK_ERROR(p.alice.seal_signal(Bytes(kMaxSignalContentLen + 1), p.clock.now(), p.random), Errc::too_large);
  CHECK(p.alice.save() == alice);
  CHECK(p.bob.save() == bob);
}

TEST_CASE("a signal opens once, only forwards, and only for a minute") {
  Pair p(901);
  p.settle();
  const Bytes first = p.alice.seal_signal(as_bytes("1"), p.clock.now(), p.random);
  const Bytes second = p.alice.seal_signal(as_bytes("2"), p.clock.now(), p.random);
  CHECK(p.bob.open_signal(second, p.clock.now()).size() == 1);
  CHECK_ERROR(p.bob.open_signal(second, p.clock.now()), Errc::replayed);
  CHECK_ERROR(p.bob.open_signal(first, p.clock.now()), Errc::replayed);
  const UnixTime sent = p.clock.now() + seconds(10);
  const Bytes third = p.alice.seal_signal(as_bytes("3"), sent, p.random);
  CHECK_ERROR(p.bob.open_signal(third, sent + kSignalLifetime + milliseconds(1)), Errc::replayed);
  CHECK_ERROR(p.bob.open_signal(third, sent - kSignalLifetime - milliseconds(1)), Errc::replayed);
  CHECK(p.bob.open_signal(third, sent + kSignalLifetime).size() == 1);
  const Bytes fourth = p.alice.seal_signal(as_bytes("4"), sent + seconds(1), p.random);
  CHECK(p.bob.open_signal(fourth, sent + seconds(1) - kSignalLifetime).size() == 1);
}

// What a peer that has the keys, but not the manners, could seal. dirty_byte: a byte of the content's room that is not
// 0.
Bytes forged_signal(Session& from, std::uint64_t time, std::uint16_t length, std::size_t dirty_byte) {
  constexpr std::size_t overhead = 10;  // time and length
  ByteArray<kMaxSignalContentLen + overhead> plain{};
  detail::put_be64(plain.data(), time);
  detail::put_be16(plain.data() + 8, length);
  if (dirty_byte != 0) plain[overhead + dirty_byte] = 1;
  const auto& state = testing::state_of(from);
  const auto key = crypto::derive_key<SignalKey>(state.ec.sending->header_key.expose(), 1, "AnoSignl");
  const ByteArray<4> prefix{session::kVersion, 0x05, session::kSuite, 0};
  const ByteArray<crypto::kXNonceLen> nonce{};
  Bytes sealed(plain.size() + crypto::kXTagLen);
  crypto::xseal(key.expose(), nonce, testing::join({prefix, state.ad.expose()}), plain, sealed);
  return testing::join({prefix, nonce, sealed});
}

TEST_CASE("a signal that is sealed well but says nonsense is refused and moves nothing") {
  Pair p(907);
  p.settle();
  const auto now = static_cast<std::uint64_t>(p.clock.now().time_since_epoch().count());
  const SecretBytes bob = p.bob.save();
  const std::uint16_t most = kMaxSignalContentLen;
  const auto refused = [&](std::uint64_t time, std::uint16_t length, std::size_t dirty_byte) {
    CHECK_ERROR(p.bob.open_signal(forged_signal(p.alice, time, length, dirty_byte), p.clock.now()), Errc::bad_message);
    CHECK(p.bob.save() == bob);
  };
  refused(now, static_cast<std::uint16_t>(most + 1), 0);  // longer than the room for it
  refused(now, 65535, 0);
  refused(std::uint64_t{1} << 50, 1, 0);  // a time that no clock shows
  refused(~std::uint64_t{0}, 1, 0);
  refused(now, 2, 2);  // something hidden in the filling: its first byte
  refused(now, 2, most - 1U);
  CHECK(p.bob.open_signal(forged_signal(p.alice, now, 3, 2), p.clock.now()).size() == 3);  // the forger forges well
}

TEST_CASE("a signal with any one bit changed, or of another length, is refused") {
  Pair p(902);
  p.settle();
  const Bytes signal = p.alice.seal_signal(as_bytes("typing"), p.clock.now(), p.random);
  std::size_t wrong = 0;
  const auto refuse = [&](ByteView message) {
    try {
      static_cast<void>(p.bob.open_signal(message, p.clock.now()));
      ++wrong;
    } catch (const Error& error) {
      wrong += error.code() == Errc::bad_message ? 0U : 1U;
    }
  };
  Bytes changed = signal;
  for (std::size_t bit = 0; bit < 8 * signal.size(); ++bit) {
    changed[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    refuse(changed);
    changed[bit / 8] = signal[bit / 8];
  }
  for (std::size_t length = 0; length < signal.size(); ++length) refuse(ByteView(signal).first(length));
  changed.push_back(0);
  refuse(changed);
  CHECK(wrong == 0);
  CHECK(p.bob.open_signal(signal, p.clock.now()).size() == 6);
}

TEST_CASE("a signal is no message, a message no signal, and neither goes to another session or back") {
  Pair p(903);
  Pair q(904);
  p.settle();
  q.settle();
  const Bytes signal = p.alice.seal_signal(as_bytes("typing"), p.clock.now(), p.random);
  CHECK_REFUSED(p.bob, signal, p.clock.now(), Errc::bad_message);
  CHECK_FALSE(p.bob.recognises(signal));
  CHECK_ERROR(q.bob.open_signal(signal, p.clock.now()), Errc::bad_message);
  CHECK_ERROR(p.alice.open_signal(signal, p.clock.now()), Errc::bad_message);
  CHECK_ERROR(p.bob.open_signal(p.alice.encrypt({}, p.random), p.clock.now()), Errc::bad_message);
}

TEST_CASE("a signal needs a sending chain and randomness") {
  Pair p(905);
  CHECK_ERROR(p.bob.seal_signal({}, p.clock.now(), p.random), Errc::wrong_state);
  testing::FailingRandom failing(0);
  CHECK_ERROR(p.alice.seal_signal({}, p.clock.now(), failing), Errc::random_failed);
}

TEST_CASE("a session recognises its own messages, also replayed ones, and no others") {
  Pair p(906);
  Pair q(907);
  CHECK(p.bob.recognises(p.first_message));
  CHECK_FALSE(q.bob.recognises(p.first_message));
  p.settle();
  const Bytes late = p.alice.encrypt(as_bytes("late"), p.random);
  p.pass(p.bob, p.alice, as_bytes("x"));
  const Bytes step = p.alice.encrypt(as_bytes("x"), p.random);
  const SecretBytes before = p.bob.save();
  for (const Bytes& message : {late, step}) {
    CHECK(p.bob.recognises(message));
    CHECK_FALSE(q.bob.recognises(message));
    CHECK_FALSE(p.alice.recognises(message));
  }
  CHECK(p.bob.save() == before);
  CHECK(p.bob.decrypt(step, p.clock.now()).size() == 1);
  CHECK(p.bob.recognises(late));  // in an older chain now
  CHECK_FALSE(p.bob.recognises({}));
  CHECK_FALSE(p.bob.recognises(Bytes(356)));
}
