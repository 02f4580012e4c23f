// tests/unit/testing/relay_user.hpp - one device that talks to a MemoryRelay by hand, frame by frame.
#pragma once

#include <doctest/doctest.h>

#include <anochat/crypto/device_list.hpp>
#include <anochat/crypto/identity.hpp>
#include <anochat/crypto/memory_prekeys.hpp>
#include <anochat/framing/envelope.hpp>
#include <anochat/framing/relay_frames.hpp>
#include <anochat/testing/clock.hpp>
#include <anochat/testing/memory_relay.hpp>
#include <anochat/testing/random.hpp>
#include <array>
#include <chrono>
#include <string_view>
#include <utility>
#include <vector>

#include "crypto/blake2.hpp"
#include "crypto/ed25519.hpp"

namespace anochat::testing {

struct World {
  explicit World(std::size_t quota = 100) : relay(clock, random, "relay.test", quota) {}

  FakeClock clock;
  SeededRandom random{1};
  MemoryRelay relay;
};

struct RelayUser {
  explicit RelayUser(World& in) : world(in), account(AccountKey::generate(in.random)), device(Device::create(account, 1, in.random)) {}

  World& world;
  AccountKey account;
  Device device;
  MemoryRelay::Connection connection = 0;
  std::uint64_t request = 0;

  /// All frames that wait for this connection.
  std::vector<RelayFrame> take() const {
    std::vector<RelayFrame> frames;
    for (const Bytes& frame : world.relay.take(connection)) frames.push_back(decode_relay_frame(frame));
    return frames;
  }
  template <class Body>
  std::vector<RelayFrame> say(Body body) {
    world.relay.receive(connection, encode(ClientFrame{++request, std::move(body)}));
    return take();
  }
  /// Says something that has exactly one answer.
  template <class Answer, class Body>
  Answer ask(Body body) {
    const std::vector<RelayFrame> frames = say(std::move(body));
    REQUIRE(frames.size() == 1);
    CHECK(frames[0].request == request);
    REQUIRE(std::holds_alternative<Answer>(frames[0].body));
    return std::get<Answer>(frames[0].body);
  }

  Challenge connect() {
    connection = world.relay.connect();
    const std::vector<RelayFrame> frames = take();
    REQUIRE(frames.size() == 1);
    return std::get<Challenge>(frames.at(0).body);
  }
  Login answer(const Challenge& challenge) const {
    const auto certificate = device.certificate().encode();
    Bytes text;
    const auto add = [&text](ByteView part) { text.insert(text.end(), part.begin(), part.end()); };
    const auto add_lp = [&](std::string_view part) {
      add(std::array<std::uint8_t, 4>{0, 0, 0, static_cast<std::uint8_t>(part.size())});
      add(as_bytes(part));
    };
    add_lp("AnoChat/1/login");
    add_lp(challenge.relay);
    add(challenge.nonce);
    add(certificate);
    return {certificate, crypto::ed25519_sign(device.signing_private(), text)};
  }
  /// Connects and logs in. @return what the relay says after Done
  std::vector<RelayFrame> log_in() {
    std::vector<RelayFrame> frames = say(answer(connect()));
    REQUIRE(!frames.empty());
    REQUIRE(std::holds_alternative<Done>(frames[0].body));
    frames.erase(frames.begin());
    return frames;
  }

  MailboxId mailbox() const {
    return {crypto::Hasher().add_lp("AnoChat/1/mailbox").add(device.address().encode()).finish()};
  }
  /// An envelope for this user with the id `number`.
  Submission envelope(std::uint8_t number, std::chrono::hours lifetime = std::chrono::hours(24), bool is_ephemeral = false) const {
    const Bytes blob(40, number);
    return {encode_envelope({mailbox(), EnvelopeId{{number}}, expiry_hour(world.clock.now() + lifetime), is_ephemeral, blob}), {}};
  }
};

/// The numbers of all delivered envelopes, in order.
inline std::vector<int> delivered(const std::vector<RelayFrame>& frames) {
  std::vector<int> numbers;
  for (const RelayFrame& frame : frames) {
    const auto* body = std::get_if<Deliver>(&frame.body);
    if (body == nullptr) continue;
    for (const Bytes& envelope : body->envelopes) numbers.push_back(decode_envelope(envelope).id.bytes[0]);
  }
  return numbers;
}

}  // namespace anochat::testing
