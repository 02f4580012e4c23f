#include "pairs.hpp"

#include <anochat/framing/limits.hpp>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace bench {
namespace {

using namespace anochat;

std::pair<Session, Session> shake_hands(Party& alice, Party& bob) {
  bob.prekeys.refill(bob.device, now(), bob.random, 1);
  Session of_alice = Session::initiate(alice.device, bob.prekeys.bundle(now()), alice.random);
  const Bytes first = of_alice.encrypt(as_bytes("hello"), alice.random);
  AcceptedSession accepted = Session::accept(bob.device, bob.prekeys, first, now());
  bob.prekeys.consume(accepted.consumed);
  return {std::move(of_alice), std::move(accepted.session)};
}

}  // namespace

UnixTime now() {
  static const UnixTime at_start = SystemClock().now();
  return at_start;
}

Party::Party()
    : account(AccountKey::generate(random)),
      device(Device::create(account, 1, random)),
      prekeys(device, now(), random, 1) {}

Pair::Pair(Party& alice_party, Party& bob_party, std::size_t round_trips) : Pair(shake_hands(alice_party, bob_party)) {
  for (; round_trips > 0; --round_trips) {
    pass(bob, alice, 64);
    pass(alice, bob, 64);
  }
}

Pair::Pair(std::pair<Session, Session> sessions)
    : alice(std::move(sessions.first)),
      bob(std::move(sessions.second)),
      content_(kMaxContentLen, 0x5a),
      message_(kMaxMessageLen),
      received_(kMaxContentLen) {}

void Pair::pass(Session& from, Session& to, std::size_t content_len) {
  const std::size_t length = from.encrypt(ByteView(content_).first(content_len), message_, random);
  const std::size_t received = to.decrypt(ByteView(message_).first(length), received_, now());
  if (received != content_len || received_[content_len - 1] != 0x5a)
    throw std::runtime_error("another content arrived");
}

}  // namespace bench
