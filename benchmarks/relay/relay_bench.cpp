// relay_bench.cpp - messages a second through the relay, from the sender's frame to the receiver's acknowledgement.
//
//   anochat_relay_bench [messages = 20000] [connections = 2000] [folder = the system's for temporary files]
//
// One thread, no sockets: encoding and decoding of frames on both sides of the relay are part of it. "single" has one
// submission a frame and commits after each; "grouped" has one a frame and a commit for every 64; "batched" has 64 a
// frame.
#include <anochat/relay/sqlite_relay_store.hpp>

#include "fuzz/relay_party.hpp"

#include <malloc.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>

using namespace anochat;

namespace {

using testing::FuzzDevice;
using Clock = std::chrono::steady_clock;

RelayOptions unlimited() {
  RelayOptions options;
  const Rate all{1e12, 1e12};
  options.frames = options.bytes = options.submissions = options.account_submissions = all;
  options.mailbox = {1'000'000, std::size_t{1} << 32};
  return options;
}

struct Bench {
  explicit Bench(RelayStore& with_store)
      : store(with_store), relay(unlimited(), {store, presence, wakeup, limiter, clock, random, log}) {
    store.put_device({to.mailbox, to.account.id(), 1, to.device.certificate().encode(), true});
    store.put_account(to.account.id(), {to.list, token});
    store.commit();
    receiver = open();
    log_in(receiver);
    sender = open();
  }

  testing::FakeClock clock;
  testing::SeededRandom random{1};
  NullLog log;
  InProcessPresence presence;
  InProcessWakeup wakeup;
  InProcessRateLimiter limiter;
  RelayStore& store;
  Relay relay;
  FuzzDevice to{random};
  DeliveryToken token{7};
  ByteArray<32> nonce{};
  Relay::Connection receiver = 0;
  Relay::Connection sender = 0;
  std::uint64_t request = 0;
  std::uint64_t next_id = 0;

  Relay::Connection open() {
    const auto connection = relay.open(as_bytes("bench"));
    nonce = std::get<Challenge>(decode_relay_frame(relay.take(connection).at(0)).body).nonce;
    return connection;
  }
  void log_in(Relay::Connection connection) {
    const auto certificate = to.device.certificate().encode();
    const std::array<std::uint8_t, 4> len{0, 0, 0, 5};
    const Bytes text = crypto::signed_text("AnoChat/1/login", {len, as_bytes("relay"), nonce, certificate});
    say(connection, Login{certificate, crypto::ed25519_sign(to.device.signing_private(), text)});
    relay.flush();
    static_cast<void>(relay.take(connection));
  }
  template <class Body>
  void say(Relay::Connection connection, Body body) {
    relay.receive(connection, encode(ClientFrame{++request, std::move(body)}));
  }
  Submission envelope(const Bytes& blob) {
    EnvelopeId id;
    ++next_id;
    const relay::Hash spread = relay::hash("bench", {ByteView(reinterpret_cast<const std::uint8_t*>(&next_id), 8)});
    std::copy_n(spread.begin(), id.bytes.size(), id.bytes.begin());
    return {encode_envelope({to.mailbox, id, expiry_hour(clock.now() + std::chrono::hours(24)), false, blob}), token};
  }
  /// The receiver takes all there is and acknowledges it.
  std::size_t receive() {
    std::size_t count = 0;
    for (;;) {
      const auto frames = relay.take(receiver);
      if (frames.empty()) return count;
      for (const Bytes& bytes : frames) {
        const RelayFrame frame = decode_relay_frame(bytes);
        const auto* deliver = std::get_if<Deliver>(&frame.body);
        if (deliver == nullptr) continue;
        Acknowledge seen;
        for (const Bytes& encoded : deliver->envelopes) seen.envelopes.push_back(decode_envelope(encoded).id.bytes);
        count += seen.envelopes.size();
        say(receiver, std::move(seen));
      }
    }
  }
  std::size_t accepted() {
    std::size_t count = 0;
    for (const Bytes& bytes : relay.take(sender)) {
      const RelayFrame frame = decode_relay_frame(bytes);
      const auto* answer = std::get_if<Submitted>(&frame.body);
      if (answer == nullptr) continue;
      for (const std::int32_t result : answer->results) count += result == 0 ? 1 : 0;
    }
    return count;
  }
};

/// @return messages a second; ends the program when one was lost
double run(RelayStore& store, std::size_t messages, std::size_t size, std::size_t in_frame, std::size_t in_group) {
  Bench bench(store);
  const Bytes blob(size, 1);
  std::size_t accepted = 0;
  std::size_t received = 0;
  const auto start = Clock::now();
  for (std::size_t sent = 0; sent < messages;) {
    for (std::size_t group = 0; group < in_group && sent < messages; group += in_frame, sent += in_frame) {
      Submit submit;
      for (std::size_t i = 0; i < in_frame; ++i) submit.submissions.push_back(bench.envelope(blob));
      bench.say(bench.sender, std::move(submit));
    }
    bench.relay.flush();
    accepted += bench.accepted();
    received += bench.receive();
  }
  bench.relay.flush();
  accepted += bench.accepted();
  received += bench.receive();
  bench.relay.flush();
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  const bool is_complete = accepted >= messages && received == accepted && store.used(bench.to.mailbox).envelopes == 0;
  if (!is_complete) {
    std::fprintf(stderr, "lost: %zu accepted, %zu received\n", accepted, received);
    std::exit(1);
  }
  return static_cast<double>(accepted) / seconds;
}

void idle_connections(std::size_t count) {
  MemoryRelayStore store;
  RelayOptions options = unlimited();
  options.address_connections = {1e12, 1e12};
  testing::FakeClock clock;
  testing::SeededRandom random{1};
  NullLog log;
  InProcessPresence presence;
  InProcessWakeup wakeup;
  InProcessRateLimiter limiter;
  Relay relay(options, {store, presence, wakeup, limiter, clock, random, log});
  const auto before = ::mallinfo2().uordblks;
  for (std::size_t i = 0; i < count; ++i) static_cast<void>(relay.take(relay.open(as_bytes("bench"))));
  const auto after = ::mallinfo2().uordblks;
  std::printf("| memory of an idle connection (of %zu) | %zu bytes |\n", count,
              (after - before) / std::max<std::size_t>(count, 1));
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t messages = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 20'000;
  const std::size_t connections = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 2'000;
  const std::filesystem::path folder = argc > 3 ? argv[3] : std::filesystem::temp_directory_path();
  const std::string path =
      (folder / ("anochat-relay-bench-" + std::to_string(std::random_device{}()) + ".db")).string();
  struct Way {
    const char* name;
    std::size_t in_frame, in_group, share;
  };
  const Way ways[] = {{"single", 1, 1, 8}, {"grouped", 1, 64, 1}, {"batched", 64, 64, 1}};
  std::printf("| store | way | bytes | messages/s |\n|---|---|---|---|\n");
  for (const std::size_t size : {std::size_t{256}, std::size_t{1'024}}) {
    for (const Way& way : ways) {
      MemoryRelayStore memory;
      std::printf("| memory | %s | %zu | %.0f |\n", way.name, size,
                  run(memory, messages, size, way.in_frame, way.in_group));
      {
        SqliteRelayStore sqlite(path);
        const double speed = run(sqlite, messages / way.share, size, way.in_frame, way.in_group);
        std::printf("| SQLite, durable | %s | %zu | %.0f |\n", way.name, size, speed);
      }
      for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(path + suffix);
    }
  }
  idle_connections(connections);
  return 0;
}
