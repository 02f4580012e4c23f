#include "workloads.hpp"

#include <anochat/session/session.hpp>

#include "pairs.hpp"
#include "primitives.hpp"

#include <memory>
#include <ranges>
#include <stdexcept>
#include <utility>

namespace bench {
namespace {

using namespace anochat;

// Sizes that docs/protocol.md fixes, in bytes.
constexpr std::size_t kHeader = 52;
constexpr std::size_t kHead = 4 + 12 + 68;  // of a type 2 message: prefix, nonce, sealed header
constexpr std::size_t kHeaderAd = 4 + 32;
constexpr std::size_t kBodyAd = 32 + kHead;
constexpr std::size_t kTag = 16;

void require(bool condition, const char* what) {
  if (!condition) throw std::runtime_error(what);
}

Workload make(std::size_t batch, Floor floor) {
  Workload workload;
  workload.batch = batch;
  workload.floor_text = floor.text();
  workload.floor = [batch, floor = std::move(floor)] { floor.run(batch); };
  return workload;
}

/// W1: the bundle as it came is verified and used, 64 bytes are sent; the other side accepts. Both sides together.
Workload handshake() {
  constexpr std::size_t kBatch = 8;
  // The bundle has four signatures, the certificate in the message is verified once more. Each side computes DH1 to DH4
  // and one root step. A makes EK and a ratchet key; B's first ratchet key is its signed prekey. A encapsulates and
  // makes the key of the first PQ epoch; B decapsulates, and its decapsulation key is kept as a seed.
  Workload workload = make(kBatch, {{{10, x25519()},
                                     {2, x25519_keygen()},
                                     {4, ed25519_verify(150)},
                                     {1, ed25519_verify(1'300)},
                                     {2, kem_keygen()},
                                     {1, kem_encaps()},
                                     {1, kem_decaps()}}});
  struct State {
    Party alice;
    Party bob;
    std::vector<Bytes> bundles;
    Bytes content = Bytes(64, 0x5a);
  };
  const auto state = std::make_shared<State>();
  workload.prepare = [state] {
    state->bob.prekeys.refill(state->bob.device, now(), state->bob.random, kBatch);
    state->bundles.clear();
    for (std::size_t i = 0; i < kBatch; ++i) state->bundles.push_back(state->bob.prekeys.bundle(now()).encode());
  };
  workload.run = [state] {
    for (const Bytes& bundle : state->bundles) {
      const PreKeyBundle verified = PreKeyBundle::decode(bundle, state->bob.device.address(), now());
      Session alice = Session::initiate(state->alice.device, verified, state->alice.random);
      const Bytes message = alice.encrypt(state->content, state->alice.random);
      AcceptedSession accepted = Session::accept(state->bob.device, state->bob.prekeys, message, now());
      state->bob.prekeys.consume(accepted.consumed);
      require(accepted.content.size() == 64, "the first message did not arrive");
    }
  };
  return workload;
}

/// W2: strict alternation, so every message brings a new ratchet key; PQ epochs turn over as they do in life.
Workload ping_pong(std::size_t content_len, std::size_t body_len) {
  constexpr std::size_t kBatch = 128;
  Workload workload = make(kBatch, {{{2, x25519()},
                                     {1, x25519_keygen()},
                                     {1, seal(kHeader, kHeaderAd)},
                                     {1, seal(body_len, kBodyAd)},
                                     {1, open(kHeader, kHeaderAd)},
                                     {1, open(body_len, kBodyAd)}}});
  struct State {
    Party a;
    Party b;
    Pair pair{a, b, 10};
  };
  workload.run = [state = std::make_shared<State>(), content_len] {
    Pair& pair = state->pair;
    for (std::size_t i = 0; i < kBatch / 2; ++i) {
      pair.pass(pair.alice, pair.bob, content_len);
      pair.pass(pair.bob, pair.alice, content_len);
    }
  };
  return workload;
}

/// Messages in one direction, long after the PQ agreement has said what it can until the other side answers.
struct Lane {
  Lane(std::size_t length, std::size_t messages) : content(length, 0x5a), received(kMaxMessageLen) {
    for (int i = 0; i < 20; ++i) pair.pass(pair.alice, pair.bob, 64);
    wire.assign(messages, Bytes(pair.alice.message_len(content.size())));
    body_len = wire.front().size() - kHead - kTag;
  }
  void encrypt_all() {
    for (Bytes& message : wire) pair.alice.encrypt(content, message, pair.random);
  }
  void decrypt(const Bytes& message) {
    require(pair.bob.decrypt(message, received, now()) == content.size(), "another content arrived");
  }
  void decrypt_all() {
    for (const Bytes& message : wire) decrypt(message);
  }
  void decrypt_all_in_reverse() {
    for (const Bytes& message : wire | std::views::reverse) decrypt(message);
  }
  [[nodiscard]] Floor encrypt_floor() const {
    return {{{2, kdf()}, {1, message_keys()}, {1, seal(kHeader, kHeaderAd)}, {1, seal(body_len, kBodyAd)}}};
  }
  [[nodiscard]] Floor decrypt_floor() const {
    return {{{2, kdf()}, {1, message_keys()}, {1, open(kHeader, kHeaderAd)}, {1, open(body_len, kBodyAd)}}};
  }

  Party a;
  Party b;
  Pair pair{a, b, 2};
  Bytes content;
  Bytes received;
  std::size_t body_len = 0;
  std::vector<Bytes> wire;
};

/// W3: encrypt and decrypt.
Workload one_way(std::size_t content_len, std::size_t batch) {
  const auto lane = std::make_shared<Lane>(content_len, 1);
  Floor floor = lane->encrypt_floor();
  for (auto& part : lane->decrypt_floor().parts) floor.parts.push_back(part);
  Workload workload = make(batch, floor);
  workload.run = [lane, batch] {
    for (std::size_t i = 0; i < batch; ++i) {
      lane->encrypt_all();
      lane->decrypt_all();
    }
  };
  workload.must_not_allocate = true;
  return workload;
}

Workload one_way_encrypt(std::size_t content_len, std::size_t batch) {
  const auto lane = std::make_shared<Lane>(content_len, batch);
  Workload workload = make(batch, lane->encrypt_floor());
  workload.run = [lane] { lane->encrypt_all(); };
  workload.clean_up = [lane] { lane->decrypt_all(); };
  workload.must_not_allocate = true;
  return workload;
}

Workload one_way_decrypt(std::size_t content_len, std::size_t batch) {
  const auto lane = std::make_shared<Lane>(content_len, batch);
  Workload workload = make(batch, lane->decrypt_floor());
  workload.prepare = [lane] { lane->encrypt_all(); };
  workload.run = [lane] { lane->decrypt_all(); };
  workload.must_not_allocate = true;
  return workload;
}

/// W4: 1,000 messages are sent; what is timed is their delivery, the last first.
Workload out_of_order() {
  const auto lane = std::make_shared<Lane>(64, 1'000);
  Workload workload = make(1'000, lane->decrypt_floor());
  workload.prepare = [lane] { lane->encrypt_all(); };
  workload.run = [lane] {
    lane->decrypt_all_in_reverse();
    require(lane->pair.bob.skipped_key_count() == 0, "keys are left over");
  };
  return workload;
}

/// W6: a session after ten round trips, to sealed bytes and back; both sides in turn.
Workload save_and_restore(std::size_t skipped) {
  constexpr std::size_t kBatch = 500;
  struct State {
    Party a;
    Party b;
    Pair pair{a, b, 10};
    SystemRandom random;
    StateKey key;
  };
  const auto state = std::make_shared<State>();
  state->random.fill(state->key.expose_mutable());
  const auto skip = [&](Session& from, Session& to) {
    if (skipped == 0) return;
    for (std::size_t i = 0; i < skipped; ++i) static_cast<void>(from.encrypt(as_bytes("lost"), state->random));
    static_cast<void>(to.decrypt(from.encrypt(as_bytes("found"), state->random), now()));
    require(to.skipped_key_count() == 2 * skipped, "another number of keys was skipped");
  };
  skip(state->pair.alice, state->pair.bob);
  skip(state->pair.bob, state->pair.alice);
  const std::size_t length = (state->pair.alice.save().size() + state->pair.bob.save().size()) / 2;
  Workload workload = make(kBatch, {{{1, random32()}, {1, aegis_seal(length)}, {1, aegis_open(length)}}});
  workload.run = [state] {
    for (std::size_t i = 0; i < kBatch / 2; ++i) {
      for (Session* session : {&state->pair.alice, &state->pair.bob}) {
        *session = Session::open(state->key, session->seal(state->key, state->random));
      }
    }
  };
  return workload;
}

}  // namespace

std::vector<Workload> make_workloads(const std::string& only) {
  struct Planned {
    std::string name;
    std::function<Workload()> make;
    Goal goal;
  };
  const auto times_the_floor = [](double at_most) { return Goal{Goal::Unit::times_the_floor, at_most}; };
  const auto microseconds = [](double at_most) { return Goal{Goal::Unit::microseconds, at_most}; };
  const std::vector<Planned> all = {
      {"handshake, both sides", handshake, times_the_floor(1.20)},
      {"ping-pong 64 B", [] { return ping_pong(64, 256); }, times_the_floor(1.15)},
      {"ping-pong 1 KiB", [] { return ping_pong(1'024, 2'048); }, {}},
      {"one-way 64 B", [] { return one_way(64, 1'000); }, {}},
      {"one-way 1 KiB", [] { return one_way(1'024, 500); }, microseconds(6)},
      {"one-way 1 KiB, encrypt only", [] { return one_way_encrypt(1'024, 500); }, {}},
      {"one-way 1 KiB, decrypt only", [] { return one_way_decrypt(1'024, 500); }, {}},
      {"one-way 16 KiB", [] { return one_way(16'384, 100); }, {}},
      {"1,000 in reverse, decrypt only", out_of_order, microseconds(2)},
      {"seal + open a session", [] { return save_and_restore(0); }, microseconds(2)},
      {"the same, 100 messages missing", [] { return save_and_restore(100); }, {}},
  };
  std::vector<Workload> made;
  for (const Planned& planned : all) {
    if (planned.name.find(only) == std::string::npos) continue;
    made.push_back(planned.make());
    made.back().name = planned.name;
    made.back().goal = planned.goal;
  }
  return made;
}

}  // namespace bench
