// tests/fuzz/relay_party.hpp - devices whose keys and records are made once, for a relay that is made often.
#pragma once

#include <anochat/crypto/device_list.hpp>
#include <anochat/crypto/identity.hpp>
#include <anochat/framing/envelope.hpp>
#include <anochat/framing/relay_frames.hpp>
#include <anochat/relay/blob_store.hpp>
#include <anochat/relay/memory_relay_store.hpp>
#include <anochat/relay/relay.hpp>
#include <anochat/testing/clock.hpp>
#include <anochat/testing/random.hpp>

#include "crypto/ed25519.hpp"
#include "crypto/signed_text.hpp"
#include "relay/verify.hpp"

#include <array>
#include <utility>
#include <vector>

namespace anochat::testing {

/// One device with a registered mailbox.
struct FuzzDevice {
  explicit FuzzDevice(Random& random)
      : account(AccountKey::generate(random)), device(Device::create(account, 1, random)) {
    const std::array<DeviceListEntry, 1> entries{{{1, device.certificate().identity}}};
    list = account.sign_device_list(1, UnixTime{std::chrono::seconds{1'893'456'000}}, entries).encode();
    mailbox = relay::mailbox_of(account.id(), 1);
  }
  AccountKey account;
  Device device;
  Bytes list;
  MailboxId mailbox;
};

struct FuzzParty {
  explicit FuzzParty(std::uint64_t seed)
      : random(seed),
        blobs(random, {.blob_bytes = 1'000, .total_bytes = 2'000}),
        relay(options, {store, presence, wakeup, limiter, clock, random, log, &store, &blobs}),
        file(blobs.begin(40, std::chrono::hours(1), clock.now())) {
    for (const FuzzDevice* who : {&bob, &mallory}) {
      store.put_device({who->mailbox, who->account.id(), 1, who->device.certificate().encode(), true});
      store.put_account(who->account.id(), {who->list, token});
      store.add_prekeys(who->mailbox, {Bytes(116, 1), Bytes(1'268, 1), {Bytes(116, 2)}, {Bytes(1'268, 2)}});
    }
    store.commit();
    good_frames = make_frames();
  }

  RelayOptions options;
  FakeClock clock;
  SeededRandom random;
  NullLog log;
  MemoryRelayStore store;
  InProcessPresence presence;
  InProcessWakeup wakeup;
  InProcessRateLimiter limiter;
  MemoryBlobStore blobs;
  Relay relay;
  BlobTicket file;  ///< begun, and known to everybody
  DeliveryToken token{7};
  inline static SeededRandom keys{99};
  inline static const FuzzDevice bob{keys};
  inline static const FuzzDevice mallory{keys};
  std::vector<Bytes> good_frames;

  Relay::Connection log_in(const FuzzDevice& who) {
    const auto connection = relay.open(as_bytes("good"));
    const auto first = decode_relay_frame(relay.take(connection).at(0));
    const auto* challenge = std::get_if<Challenge>(&first.body);
    if (challenge == nullptr) return connection;  // too many of them
    const auto certificate = who.device.certificate().encode();
    const std::array<std::uint8_t, 4> len{0, 0, 0, static_cast<std::uint8_t>(challenge->relay.size())};
    const Bytes text =
        crypto::signed_text("AnoChat/1/login", {len, as_bytes(challenge->relay), challenge->nonce, certificate});
    relay.receive(connection,
                  encode(ClientFrame{1, Login{certificate, crypto::ed25519_sign(who.device.signing_private(), text)}}));
    relay.flush();
    return connection;
  }

  Submission envelope(const FuzzDevice& to, std::uint8_t id, bool is_ephemeral = false) const {
    const Bytes blob(30, id);
    return {encode_envelope({to.mailbox, {{id}}, expiry_hour(clock.now() + std::chrono::hours(1)), is_ephemeral, blob}),
            token};
  }

  std::vector<Bytes> make_frames() const {
    const auto frame = [](auto body) { return encode(ClientFrame{1, std::move(body)}); };
    Submission first_contact = envelope(bob, 3);
    first_contact.delivery_token = {};
    return {frame(Submit{{envelope(bob, 1), envelope(mallory, 2)}}),
            frame(Submit{{first_contact, envelope(bob, 4, true), envelope(mallory, 5, true)}}),
            frame(FetchAccounts{{bob.account.id(), mallory.account.id(), {}}, {bob.account.id()}}),
            frame(Acknowledge{{{1}, {2}, {3}}}),
            frame(PublishPreKeys{Bytes(116, 9), Bytes(1'268, 9), {Bytes(116, 8)}, {Bytes(1'268, 8)}}),
            frame(PublishAccount{mallory.list, token}),
            frame(PublishAccount{bob.list, {}}),
            frame(CountPreKeys{}),
            frame(Ping{}),
            frame(Login{mallory.device.certificate().encode(), {}}),
            frame(ClaimHandle{{5}}),
            frame(ReleaseHandle{{5}}),
            frame(FindHandle{{5}}),
            frame(BeginBlob{100, 1}),
            frame(AppendBlob{file.id, file.write, 0, Bytes(40, 7)}),
            frame(AskBlob{file.id, file.write}),
            frame(ReadBlob{file.id, file.read, 0, 40}),
            frame(RemoveBlob{file.id, file.write})};
  }

  /// Whether an envelope that comes now reaches Bob.
  bool serves_bob() {
    clock.advance(std::chrono::hours(2));  // his mailbox's first contacts, and everybody's limits
    relay.tick();
    const auto connection = log_in(bob);
    relay.receive(connection, encode(ClientFrame{2, Submit{{envelope(bob, 200)}}}));
    relay.flush();
    for (;;) {
      const auto frames = relay.take(connection);
      if (frames.empty()) return false;
      for (const Bytes& bytes : frames) {
        const RelayFrame frame = decode_relay_frame(bytes);
        const auto* deliver = std::get_if<Deliver>(&frame.body);
        if (deliver == nullptr) continue;
        for (const Bytes& encoded : deliver->envelopes) {
          if (decode_envelope(encoded).id.bytes[0] == 200) return true;
        }
      }
    }
  }
};

}  // namespace anochat::testing
