// anochat/testing/memory_relay.hpp - a whole relay in memory, for tests of the library and of applications.
#pragma once

#include <anochat/base/bytes.hpp>
#include <anochat/base/clock.hpp>
#include <anochat/base/random.hpp>
#include <anochat/framing/relay_frames.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace anochat::testing {

/// What tests may want to know about a relay.
struct RelayCounters {
  std::uint64_t logins = 0;
  std::uint64_t submissions = 0;         ///< envelopes accepted, repetitions included
  std::uint64_t repetitions = 0;         ///< of envelopes that were already there
  std::uint64_t delivered = 0;           ///< envelopes handed to a connection, again after each reconnect
  std::uint64_t acknowledged = 0;
  std::uint64_t signals = 0;             ///< ephemeral envelopes passed on
  std::uint64_t signals_dropped = 0;     ///< ephemeral envelopes for somebody who was not there
  std::uint64_t fetched_accounts = 0;
  std::uint64_t fetched_lists = 0;       ///< among them: of which the device list alone was wanted
  std::uint64_t fetch_frames = 0;
  std::uint64_t one_time_used = 0;
  std::uint64_t last_resort_used = 0;
  std::uint64_t refused = 0;
};

/// Speaks relay frames with any number of connections: accounts, prekeys handed out once, mailboxes that keep envelopes
/// until they are acknowledged or expire. It takes no thread, socket or clock: bytes in, bytes out, in a repeatable order.
/// One thread at a time.
class MemoryRelay {
 public:
  using Connection = std::uint64_t;

  /// @param quota  envelopes that one mailbox holds; more are refused with Errc::quota_exceeded
  MemoryRelay(const Clock& clock, Random& random, std::string name = "relay.test", std::size_t quota = 100'000);
  ~MemoryRelay();
  MemoryRelay(const MemoryRelay&) = delete;
  MemoryRelay& operator=(const MemoryRelay&) = delete;

  /// A new connection; its Challenge waits in take().
  [[nodiscard]] Connection connect();
  void disconnect(Connection connection);
  /// False when it was never opened, was closed, or a newer connection of the same device took its place.
  [[nodiscard]] bool is_open(Connection connection) const noexcept;

  /// One frame from the client. A frame that is none, a bad Login and anything else before Login are answered with Refused
  /// and close the connection; a device list that is not the account's own or older than the last one is just refused.
  void receive(Connection connection, ByteView frame);
  /// Connections that have frames to take or were closed since take(), in the order of their making.
  [[nodiscard]] std::vector<Connection> ready() const;
  /// Frames for the client, in order; the last ones of a closed connection too, once.
  [[nodiscard]] std::vector<Bytes> take(Connection connection);

  /// Forgets the envelopes whose hour has come, acknowledged or not.
  void expire();
  /// Throws away all one-time prekeys of a device: as if many strangers had fetched bundles.
  void drain_prekeys(const ByteArray<36>& address);
  /// Throws away all prekeys of a device, so that it has no bundle: as if it had not published any yet.
  void forget_prekeys(const ByteArray<36>& address);
  /// Says at the next login that the device's store had come so far: what a dishonest or a forgetful relay says.
  void set_generation(const ByteArray<36>& address, std::uint64_t generation);

  [[nodiscard]] const RelayCounters& counters() const noexcept;
  /// Envelopes waiting in all mailboxes.
  [[nodiscard]] std::size_t waiting() const noexcept;
  /// Every byte that the relay has been given, for asserting what is not in it.
  [[nodiscard]] const Bytes& everything_seen() const noexcept;
  /// Off: everything_seen() stays empty, which a test with many clients wants. On from the start.
  void set_recording(bool is_on);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace anochat::testing
