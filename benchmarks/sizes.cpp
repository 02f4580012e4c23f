#include "sizes.hpp"

#include "allocations.hpp"
#include "pairs.hpp"

#include <algorithm>
#include <memory>

namespace bench {
namespace {

using namespace anochat;

constexpr std::size_t kSessions = 200;  // live ones whose memory is counted

struct States {
  std::size_t fresh = 0;         // after the handshake, one message each way
  std::size_t largest = 0;       // while PQ epochs turn over
  std::size_t with_skipped = 0;  // the smallest, and 100 messages missing
};

States saved_states(Party& a, Party& b) {
  Pair pair(a, b, 0);
  pair.pass(pair.bob, pair.alice, 64);
  States states;
  states.fresh = std::max(pair.alice.save().size(), pair.bob.save().size());
  while (pair.alice.pq_epoch() < 4) {
    pair.pass(pair.alice, pair.bob, 64);
    pair.pass(pair.bob, pair.alice, 64);
    states.largest = std::max({states.largest, pair.alice.save().size(), pair.bob.save().size()});
  }
  const std::size_t before = pair.bob.save().size();
  for (int i = 0; i < 100; ++i) static_cast<void>(pair.alice.encrypt(as_bytes("lost"), pair.random));
  pair.pass(pair.alice, pair.bob, 64);
  states.with_skipped = pair.bob.save().size() - before;
  return states;
}

// W8 with fewer sessions: all are alike, so more would show the same.
std::size_t heap_per_session(Party& a, Party& b) {
  std::vector<Session> sessions;
  sessions.reserve(2 * kSessions);
  const std::size_t before = heap_bytes();
  for (std::size_t i = 0; i < kSessions; ++i) {
    Pair pair(a, b, 1);
    sessions.push_back(std::move(pair.alice));
    sessions.push_back(std::move(pair.bob));
  }
  return (heap_bytes() - before) / sessions.size() + sizeof(Session);
}

}  // namespace

std::vector<Size> all_sizes() {
  const auto a = std::make_unique<Party>();
  const auto b = std::make_unique<Party>();
  b->prekeys.refill(b->device, now(), b->random, 1);
  const Bytes bundle = b->prekeys.bundle(now()).encode();
  Session first = Session::initiate(a->device, PreKeyBundle::decode(bundle, b->device.address(), now()), a->random);
  Pair settled(*a, *b, 2);
  const States states = saved_states(*a, *b);
  return {
      {"bundle", bundle.size()},
      {"first message, 64 B of content", first.message_len(64)},
      {"message, 64 B of content", settled.alice.message_len(64)},
      {"message, 1 KiB of content", settled.alice.message_len(1'024)},
      {"message, 16 KiB of content", settled.alice.message_len(16'384)},
      {"saved state, one message each way", states.fresh},
      {"saved state, largest while PQ epochs turn", states.largest},
      {"saved state, more for 100 missing messages", states.with_skipped},
      {"memory of a live session", heap_per_session(*a, *b)},
  };
}

}  // namespace bench
