// hot_paths.cpp - the session's hot paths, once each, for something outside to count: benchmarks/hot_paths/check.py
// runs this alone for the allocations and under callgrind for the instructions.
//
//   anochat_hot_paths     one line a path: name, operations, allocations of all operations together
#include <anochat/session/session.hpp>

#include "allocations.hpp"
#include "pairs.hpp"

#include <sodium.h>

#include <cstdio>
#include <exception>
#include <functional>
#include <memory>
#include <stdexcept>
#include <vector>

/// What callgrind counts, by its name: everything between its beginning and its end.
extern "C" [[gnu::noinline]] void anochat_hot_path(const std::function<void()>& work) {
  work();
  asm volatile("");  // no tail call: the end of this function is looked for as well
}

namespace {

using namespace anochat;

constexpr std::size_t kMessages = 100;
constexpr std::size_t kHandshakes = 4;
constexpr std::size_t kPingPongs = 56;  // two PQ epochs of 28 messages

struct State {
  bench::Party alice;
  bench::Party bob;
  bench::Pair pair{alice, bob, 4};
  SystemRandom random;
  StateKey key;
  Bytes content = Bytes(1'024, 0x5a);
  Bytes received = Bytes(70'000);
  std::vector<Bytes> wire{kMessages, Bytes(4'096)};
  std::vector<std::size_t> lengths = std::vector<std::size_t>(kMessages);
  std::vector<Bytes> bundles;
};

void require(bool condition, const char* what) {
  if (!condition) throw std::runtime_error(what);
}

void count(const char* name, std::size_t operations, const std::function<void()>& work) {
  const std::size_t before = bench::allocation_count();
  anochat_hot_path(work);
  std::printf("%s\t%zu\t%zu\n", name, operations, bench::allocation_count() - before);
}

void encrypt_all(State& s, std::size_t length) {
  for (std::size_t i = 0; i < kMessages; ++i) {
    s.lengths[i] = s.pair.alice.encrypt(ByteView(s.content).first(length), s.wire[i], s.random);
  }
}

void decrypt(State& s, std::size_t i, std::size_t length) {
  const ByteView message = ByteView(s.wire[i]).first(s.lengths[i]);
  require(s.pair.bob.decrypt(message, s.received, bench::now()) == length, "another content arrived");
}

// From the same place each time: the other side has just answered.
void answer(State& s) {
  s.pair.pass(s.pair.bob, s.pair.alice, 64);
  s.pair.pass(s.pair.alice, s.pair.bob, 64);
}

void one_way(State& s, std::size_t length, const char* encrypting, const char* decrypting) {
  answer(s);
  encrypt_all(s, length);  // buffers grow to their size, what the PQ agreement has to say is said
  for (std::size_t i = 0; i < kMessages; ++i) decrypt(s, i, length);
  count(encrypting, kMessages, [&] { encrypt_all(s, length); });
  count(decrypting, kMessages, [&] {
    for (std::size_t i = 0; i < kMessages; ++i) decrypt(s, i, length);
  });
}

void reverse(State& s) {
  answer(s);
  encrypt_all(s, 64);
  count("in reverse, 64 B, decrypt", kMessages, [&] {
    for (std::size_t i = kMessages; i > 0; --i) decrypt(s, i - 1, 64);
  });
}

void ping_pong(State& s) {
  answer(s);
  count("ping-pong 64 B", kPingPongs, [&] {
    for (std::size_t i = 0; i < kPingPongs / 2; ++i) {
      s.pair.pass(s.pair.bob, s.pair.alice, 64);
      s.pair.pass(s.pair.alice, s.pair.bob, 64);
    }
  });
}

void handshake(State& s) {
  s.bob.prekeys.refill(s.bob.device, bench::now(), s.random, kHandshakes);
  for (std::size_t i = 0; i < kHandshakes; ++i) s.bundles.push_back(s.bob.prekeys.bundle(bench::now()).encode());
  count("handshake, both sides", kHandshakes, [&] {
    for (const Bytes& bundle : s.bundles) {
      const PreKeyBundle verified = PreKeyBundle::decode(bundle, s.bob.device.address(), bench::now());
      Session session = Session::initiate(s.alice.device, verified, s.random);
      const Bytes first = session.encrypt(ByteView(s.content).first(64), s.random);
      AcceptedSession accepted = Session::accept(s.bob.device, s.bob.prekeys, first, bench::now());
      s.bob.prekeys.consume(accepted.consumed);
      require(accepted.content.size() == 64, "the first message did not arrive");
    }
  });
}

void save(State& s) {
  answer(s);
  Bytes sealed = s.pair.alice.seal(s.key, s.random);
  count("seal a session", kMessages, [&] {
    for (std::size_t i = 0; i < kMessages; ++i) sealed = s.pair.alice.seal(s.key, s.random);
  });
  count("open a session", kMessages, [&] {
    for (std::size_t i = 0; i < kMessages; ++i) s.pair.alice = Session::open(s.key, sealed);
  });
}

void run() {
  require(sodium_init() >= 0, "libsodium could not be initialised");
  // What libsodium chooses its code by; counts of other processors are not comparable.
  std::printf("processor\t%s%s\n", sodium_runtime_has_avx2() != 0 ? "avx2" : "",
              sodium_runtime_has_aesni() != 0 ? "+aesni" : "");
  const auto state = std::make_unique<State>();
  state->random.fill(state->key.expose_mutable());
  one_way(*state, 64, "one-way 64 B, encrypt", "one-way 64 B, decrypt");
  one_way(*state, 1'024, "one-way 1 KiB, encrypt", "one-way 1 KiB, decrypt");
  reverse(*state);
  ping_pong(*state);
  handshake(*state);
  save(*state);
}

}  // namespace

int main() {
  try {
    run();
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "anochat_hot_paths: %s\n", error.what());
    return 1;
  }
}
