// tests/unit/relay/relay_world.hpp - a relay in memory, and devices that talk to it frame by frame.
#pragma once

#include <anochat/crypto/device_list.hpp>
#include <anochat/crypto/identity.hpp>
#include <anochat/crypto/memory_prekeys.hpp>
#include <anochat/framing/envelope.hpp>
#include <anochat/framing/relay_frames.hpp>
#include <anochat/relay/blob_store.hpp>
#include <anochat/relay/memory_relay_store.hpp>
#include <anochat/relay/relay.hpp>
#include <anochat/testing/clock.hpp>
#include <anochat/testing/random.hpp>

#include "crypto/blake2.hpp"
#include "crypto/ed25519.hpp"
#include "crypto/signed_text.hpp"

#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <span>
#include <utility>
#include <vector>

namespace anochat::testing {

inline RelayOptions test_options() {
  RelayOptions options;
  options.name = "relay.test";
  return options;
}

/// What relays share, and one relay.
struct RelayWorld {
  explicit RelayWorld(RelayOptions options = test_options(), RelayStore* other_store = nullptr)
      : store(other_store == nullptr ? memory : *other_store),
        relay(std::move(options), {store, presence, wakeup, limiter, clock, random, log, &memory, &blobs}) {}

  FakeClock clock;
  SeededRandom random{1};
  NullLog log;
  MemoryRelayStore memory;
  RelayStore& store;
  InProcessPresence presence;
  InProcessWakeup wakeup;
  InProcessRateLimiter limiter;
  MemoryBlobStore blobs{random, {.blob_bytes = 1'000'000, .total_bytes = 2'000'000}};
  Relay relay;
};

/// The same key for the same number, for accounts with several devices.
inline AccountKey account_key(std::uint8_t number) {
  std::array<std::uint8_t, 32> seed{number};
  return AccountKey::from_seed(SigningSeed(std::span<std::uint8_t, 32>(seed)));
}

struct RelayUser {
  explicit RelayUser(RelayWorld& in) : RelayUser(in, in.relay) {}
  RelayUser(RelayWorld& in, Relay& at)
      : world(in),
        relay(&at),
        account(AccountKey::generate(in.random)),
        device(Device::create(account, 1, in.random)) {}

  RelayWorld& world;
  Relay* relay;
  AccountKey account;
  Device device;
  Relay::Connection connection = 0;
  std::uint64_t request = 0;
  DeliveryToken token{9, 9};
  Bytes address_class{1};

  /// All frames that wait for this connection.
  std::vector<RelayFrame> take() const {
    std::vector<RelayFrame> frames;
    for (;;) {
      const std::vector<Bytes> some = relay->take(connection);
      if (some.empty()) return frames;
      for (const Bytes& frame : some) frames.push_back(decode_relay_frame(frame));
    }
  }
  template <class Body>
  void tell(Body body) {
    relay->receive(connection, encode(ClientFrame{++request, std::move(body)}));
  }
  template <class Body>
  std::vector<RelayFrame> say(Body body) {
    tell(std::move(body));
    relay->flush();
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
    connection = relay->open(address_class);
    const std::vector<RelayFrame> frames = take();
    REQUIRE(frames.size() == 1);
    REQUIRE(std::holds_alternative<Challenge>(frames[0].body));
    return std::get<Challenge>(frames.at(0).body);
  }
  Login answer(const Challenge& challenge) const {
    const auto certificate = device.certificate().encode();
    const std::array<std::uint8_t, 4> len{0, 0, 0, static_cast<std::uint8_t>(challenge.relay.size())};
    const Bytes text =
        crypto::signed_text("AnoChat/1/login", {len, as_bytes(challenge.relay), challenge.nonce, certificate});
    return {certificate, crypto::ed25519_sign(device.signing_private(), text)};
  }
  /// Tells a generation, and waits until the relay has it.
  void note_generation(std::uint64_t generation) {
    relay->receive(connection, encode(ClientFrame{++request, CountPreKeys{}, generation}));
    relay->flush();
    REQUIRE(take().size() == 1);
  }
  /// Connects and logs in. @return the generation that the relay remembers
  std::uint64_t log_in_and_ask_generation() {
    const std::vector<RelayFrame> frames = say(answer(connect()));
    REQUIRE(!frames.empty());
    return std::get<Done>(frames.at(0).body).generation;
  }
  /// Connects and logs in. @return what the relay says after Done
  std::vector<RelayFrame> log_in() {
    std::vector<RelayFrame> frames = say(answer(connect()));
    REQUIRE(!frames.empty());
    REQUIRE(std::holds_alternative<Done>(frames[0].body));
    frames.erase(frames.begin());
    return frames;
  }
  /// Logs in, publishes the account with its token, and `one_time` prekeys.
  void join(std::size_t one_time = 2) {
    log_in();
    ask<Done>(PublishAccount{list(1), token});
    ask<Done>(prekeys(one_time));
  }
  Bytes list(std::uint64_t version) const {
    const std::array<DeviceListEntry, 1> entries{{{device.address().device, device.certificate().identity}}};
    return account.sign_device_list(version, world.clock.now(), entries).encode();
  }
  PublishPreKeys prekeys(std::size_t one_time) const {
    MemoryPreKeys made(device, world.clock.now(), world.random, one_time);
    PublishPreKeys all;
    for (std::size_t i = 0; i <= one_time; ++i) {
      const PreKeyBundle bundle = made.bundle(world.clock.now());
      const auto encoded = bundle.encode();
      const auto part = [&encoded](std::size_t from, std::size_t len) {
        const auto begin = encoded.begin() + static_cast<std::ptrdiff_t>(from);
        return Bytes(begin, begin + static_cast<std::ptrdiff_t>(len));
      };
      all.signed_prekey = part(167, 116);
      if (bundle.one_time) {
        all.one_time.push_back(part(284, 116));
        all.kem_one_time.push_back(part(401, 1'268));
      } else {
        all.last_resort = part(285, 1'268);
      }
    }
    return all;
  }

  MailboxId mailbox() const {
    return {crypto::Hasher().add_lp("AnoChat/1/mailbox").add(device.address().encode()).finish()};
  }
  /// An envelope for this user with the id `number` and its delivery token.
  Submission envelope(unsigned number, std::chrono::hours lifetime = std::chrono::hours(24), std::size_t blob_len = 40,
                      bool is_ephemeral = false) const {
    const EnvelopeId id{{static_cast<std::uint8_t>(number), static_cast<std::uint8_t>(number >> 8)}};
    const Bytes blob(blob_len, static_cast<std::uint8_t>(number));
    return {encode_envelope({mailbox(), id, expiry_hour(world.clock.now() + lifetime), is_ephemeral, blob}), token};
  }
  Submission signal(unsigned number) const { return envelope(number, std::chrono::hours(1), 40, true); }
  /// The same from somebody who has no token.
  Submission first_contact(unsigned number) const { return {envelope(number).envelope, {}}; }
};

/// The numbers of all delivered envelopes, in order.
inline std::vector<int> delivered(const std::vector<RelayFrame>& frames) {
  std::vector<int> numbers;
  for (const RelayFrame& frame : frames) {
    const auto* body = std::get_if<Deliver>(&frame.body);
    if (body == nullptr) continue;
    for (const Bytes& envelope : body->envelopes) {
      const auto& id = decode_envelope(envelope).id.bytes;
      numbers.push_back(id[0] | id[1] << 8);
    }
  }
  return numbers;
}

/// The last frame is a refusal with this code, and the connection is closed.
inline Refused check_closed(const RelayUser& user, const std::vector<RelayFrame>& frames, Errc code) {
  CHECK_FALSE(user.relay->is_open(user.connection));
  CHECK_FALSE(user.relay->wants_input(user.connection));
  REQUIRE(!frames.empty());
  REQUIRE(std::holds_alternative<Refused>(frames.back().body));
  CHECK(std::get<Refused>(frames.back().body).code == code);
  return std::get<Refused>(frames.back().body);
}

inline std::int32_t result(Errc code) { return static_cast<std::int32_t>(code); }

/// What one envelope that is submitted alone gets.
inline std::int32_t submit_one(RelayUser& from, const Submission& submission) {
  return from.ask<Submitted>(Submit{{submission}}).results.at(0);
}

}  // namespace anochat::testing
