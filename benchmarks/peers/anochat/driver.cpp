// driver.cpp - AnoChat's session layer: PQXDH-style handshake with certified devices, PQ double ratchet, sealed
// headers, padded bodies. Also the raw libsodium calls that the others' figures are divided by.
#include "../driver.h"

#include <anochat/base/version.hpp>
#include <anochat/session/session.hpp>

#include "pairs.hpp"
#include "primitives.hpp"

#include <sodium.h>

#include <memory>
#include <optional>
#include <vector>

namespace {

using namespace anochat;

constexpr std::size_t kHandshakes = 8;
constexpr std::size_t kPingPongs = 128;
constexpr std::size_t kSaves = 200;
constexpr std::size_t kMost = 1'000;

struct State {
  bench::Party alice;
  bench::Party bob;
  bench::Pair pair{alice, bob, 10};
  SystemRandom random;
  StateKey key;
  std::vector<Bytes> bundles;
  std::vector<Bytes> wire{kMost, Bytes(20'000)};
  std::vector<std::size_t> lengths = std::vector<std::size_t>(kMost);
  Bytes content = Bytes(16'384, 0x5a);
  Bytes received = Bytes(70'000);
  std::vector<Session> live;
};

State& state() {
  static const auto kept = [] {
    auto made = std::make_unique<State>();
    made->random.fill(made->key.expose_mutable());
    return made;
  }();
  return *kept;
}

void publish_bundles(std::size_t count) {
  State& s = state();
  s.bob.prekeys.refill(s.bob.device, bench::now(), s.random, count);
  s.bundles.clear();
  for (std::size_t i = 0; i < count; ++i) s.bundles.push_back(s.bob.prekeys.bundle(bench::now()).encode());
}

void shake_hands(std::size_t) {
  State& s = state();
  for (const Bytes& bundle : s.bundles) {
    const PreKeyBundle verified = PreKeyBundle::decode(bundle, s.bob.device.address(), bench::now());
    Session session = Session::initiate(s.alice.device, verified, s.random);
    const Bytes first = session.encrypt(ByteView(s.content).first(64), s.random);
    AcceptedSession accepted = Session::accept(s.bob.device, s.bob.prekeys, first, bench::now());
    s.bob.prekeys.consume(accepted.consumed);
    require(accepted.content.size() == 64, "first content");
  }
}

void ping_pong(std::size_t length) {
  bench::Pair& pair = state().pair;
  for (std::size_t i = 0; i < kPingPongs / 2; ++i) {
    pair.pass(pair.alice, pair.bob, length);
    pair.pass(pair.bob, pair.alice, length);
  }
}

void send(std::size_t count, std::size_t length) {
  State& s = state();
  for (std::size_t i = 0; i < count; ++i) {
    s.lengths[i] = s.pair.alice.encrypt(ByteView(s.content).first(length), s.wire[i], s.random);
  }
}

void receive(std::size_t i, std::size_t length) {
  State& s = state();
  const ByteView message = ByteView(s.wire[i]).first(s.lengths[i]);
  require(s.pair.bob.decrypt(message, s.received, bench::now()) == length, "content");
}

void send_500(std::size_t length) { send(500, length); }
void receive_500(std::size_t length) {
  for (std::size_t i = 0; i < 500; ++i) receive(i, length);
}
void send_64(std::size_t count) { send(count, 64); }
void receive_in_reverse(std::size_t count) {
  for (std::size_t i = count; i > 0; --i) receive(i - 1, 64);
}
void answer_once(std::size_t) {
  bench::Pair& pair = state().pair;
  pair.pass(pair.bob, pair.alice, 64);
  pair.pass(pair.alice, pair.bob, 64);
}

void save_and_restore(std::size_t count) {
  State& s = state();
  for (std::size_t i = 0; i < count; ++i) s.pair.alice = Session::open(s.key, s.pair.alice.seal(s.key, s.random));
}

void print_sizes() {
  State& s = state();
  publish_bundles(1);
  const PreKeyBundle bundle = PreKeyBundle::decode(s.bundles[0], s.bob.device.address(), bench::now());
  const Session first = Session::initiate(s.alice.device, bundle, s.random);
  const std::size_t before = s.pair.bob.seal(s.key, s.random).size();
  send(kMost, 64);
  receive(kMost - 1, 64);
  const std::size_t after = s.pair.bob.seal(s.key, s.random).size();
  std::printf("\"first message 64 B\": %zu, \"message 64 B\": %zu, \"message 1 KiB\": %zu, \"saved state\": %zu, ",
              first.message_len(64), s.pair.alice.message_len(64), s.pair.alice.message_len(1'024), before);
  std::printf("\"pending key\": %.1f", static_cast<double>(after - before) / static_cast<double>(kMost - 1));
}

void keep_sessions_alive(std::size_t count) {
  State& s = state();
  const auto saved = s.pair.alice.seal(s.key, s.random);
  s.live.reserve(count);
  for (std::size_t i = 0; i < count; ++i) s.live.push_back(Session::open(s.key, saved));
}

void x25519(std::size_t count) {
  static const bench::Primitive primitive = bench::x25519();
  for (std::size_t i = 0; i < count; ++i) primitive.call();
}

void sign_and_verify(std::size_t count) {
  static unsigned char public_key[crypto_sign_PUBLICKEYBYTES];
  static unsigned char secret_key[crypto_sign_SECRETKEYBYTES];
  static const bool is_ready = crypto_sign_keypair(public_key, secret_key) == 0;
  unsigned char signature[crypto_sign_BYTES];
  const unsigned char* message = state().content.data();
  require(is_ready, "a signing key");
  for (std::size_t i = 0; i < count; ++i) {
    crypto_sign_detached(signature, nullptr, message, 1'024, secret_key);
    require(crypto_sign_verify_detached(signature, message, 1'024, public_key) == 0, "a signature");
  }
}

template <std::size_t kLength>
void seal_and_open(std::size_t count) {
  static const bench::Primitive seal = bench::seal(kLength, 0);
  static const bench::Primitive open = bench::open(kLength, 0);
  for (std::size_t i = 0; i < count; ++i) {
    seal.call();
    open.call();
  }
}

constexpr workload primitive(const char* name, std::size_t count, step_function call) {
  return {name, count, count, nullptr, call, nullptr, nullptr};
}
constexpr workload one_way(const char* name, std::size_t length) {
  return {name, 500, length, nullptr, send_500, receive_500, answer_once};
}
constexpr workload reverse(const char* name, std::size_t count) {
  return {name, count, count, send_64, receive_in_reverse, nullptr, answer_once};
}

constexpr workload kWorkloads[] = {
    primitive("primitive X25519", 100, x25519),
    primitive("primitive Ed25519 sign + verify", 50, sign_and_verify),
    primitive("primitive ChaCha20-Poly1305 64 B", 1'000, seal_and_open<64>),
    primitive("primitive ChaCha20-Poly1305 1 KiB", 500, seal_and_open<1'024>),
    primitive("primitive ChaCha20-Poly1305 16 KiB", 50, seal_and_open<16'384>),
    primitive("primitive ChaCha20-Poly1305 1 MiB", 2, seal_and_open<1'048'576>),
    {"handshake", kHandshakes, kHandshakes, publish_bundles, shake_hands, nullptr, nullptr},
    {"ping-pong 64 B", kPingPongs, 64, nullptr, ping_pong, nullptr, nullptr},
    one_way("one-way 64 B", 64),
    one_way("one-way 1 KiB", 1'024),
    one_way("one-way 16 KiB", 16'384),
    reverse("reverse 40", 40),
    reverse("reverse 1,000", kMost),
    {"save + restore", kSaves, kSaves, nullptr, save_and_restore, nullptr, nullptr},
};

}  // namespace

int main() {
  require(sodium_init() >= 0, "libsodium");
  state();
  const std::string version(kVersion);
  const driver d = {"anochat",   version.c_str(),    kWorkloads, sizeof kWorkloads / sizeof *kWorkloads,
                    print_sizes, keep_sessions_alive};
  return serve(&d);
}
