// anochat/relay/relay.hpp - the blind relay: frames in, frames out, no socket.
#pragma once

#include <anochat/base/clock.hpp>
#include <anochat/base/log.hpp>
#include <anochat/base/random.hpp>
#include <anochat/relay/blob_store.hpp>
#include <anochat/relay/directory.hpp>
#include <anochat/relay/presence.hpp>
#include <anochat/relay/rate_limiter.hpp>
#include <anochat/relay/relay_metrics.hpp>
#include <anochat/relay/relay_options.hpp>
#include <anochat/relay/relay_store.hpp>
#include <anochat/relay/wakeup.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace anochat {

/// What a relay works with. Everything must outlive it.
struct RelayServices {
  RelayStore& store;
  Presence& presence;
  Wakeup& wakeup;
  RateLimiter& limiter;
  const Clock& clock;
  Random& random;
  Log& log;
  Directory* directory = nullptr;  ///< nullptr: no handles
  BlobStore* blobs = nullptr;      ///< nullptr: no files
};

/// Speaks relay frames (framing/relay_frames.hpp) with any number of connections. It sees sealed envelopes, public keys
/// and who is connected, and never who wrote what to whom: an envelope has no sender.
///
/// A driver gives every connection's frames to receive() while wants_input() says so, calls flush() when no more input
/// is waiting and tick() every few milliseconds, and after each of these writes what take() returns for the connections
/// that ready() names. Answers that depend on a change wait for its commit.
///
/// Memory for one connection: some 500 bytes, and for what it has not read yet RelayOptions::outgoing_bytes plus one
/// frame, of envelopes and of answers each.
///
/// One thread at a time per object; its calls do not call back. Several relays, each with its own store object, may
/// share Presence, Wakeup and RateLimiter.
class Relay {
 public:
  using Connection = std::uint64_t;

  /// @throws Error{Errc::invalid_argument}  an option outside its limits
  /// @throws Error{Errc::random_failed}     no key for the process
  Relay(RelayOptions options, const RelayServices& services);
  ~Relay();
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  /// A new connection; its Challenge waits in take(). One that is too many is closed at once, and told when to come
  /// back.
  /// @param address_class  what addresses of one owner have in common, such as an IPv4 /24 or an IPv6 /56; only a hash
  /// of
  ///                       it under a key of this process is kept, while the connection lasts
  /// @throws Error{Errc::random_failed}  nothing was opened
  [[nodiscard]] Connection open(ByteView address_class);
  /// The other side is gone.
  void close(Connection connection) noexcept;
  /// False when it was never opened or is closed. Its last frames can still be taken, once.
  [[nodiscard]] bool is_open(Connection connection) const noexcept;
  /// False while the other side does not read the answers to what it asks: do not read from it either. A frame received
  /// all the same closes it. Envelopes that wait do not count: who gets many must be able to acknowledge them.
  [[nodiscard]] bool wants_input(Connection connection) const noexcept;

  /// One frame from the client. What is no frame, is too long or comes before the login closes the connection after a
  /// last Refused. Throws nothing: a store that fails is answered with Refused, and nothing of its group is kept.
  void receive(Connection connection, ByteView frame) noexcept;
  /// Frames for the client, in order, about `most_bytes` of them but at least one if there is one.
  [[nodiscard]] std::vector<Bytes> take(Connection connection, std::size_t most_bytes = SIZE_MAX);
  /// Connections that have something to take or were closed, each once, since the last call.
  [[nodiscard]] std::vector<Connection> ready();

  /// Commits the open group now.
  void flush() noexcept;
  /// Deadlines, groups that waited long enough, wakes of other relays, and a bounded part of what has expired.
  void tick() noexcept;

  /// Opens nothing any more, and tells everybody to come back after a random part of `within`. is_ready() is false
  /// then.
  void drain(std::chrono::milliseconds within) noexcept;
  /// Not draining, and the last commit worked.
  [[nodiscard]] bool is_ready() const noexcept;
  [[nodiscard]] const RelayMetrics& metrics() const noexcept;
  /// Bytes held for a connection that it has not taken.
  [[nodiscard]] std::size_t outgoing_bytes(Connection connection) const noexcept;

 private:
  class Engine;
  std::unique_ptr<Engine> engine_;
};

}  // namespace anochat
