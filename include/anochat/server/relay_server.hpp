// anochat/server/relay_server.hpp - the blind relay with a port, a thread and a clock.
#pragma once

#include <anochat/relay/relay_metrics.hpp>
#include <anochat/server/relay_server_options.hpp>

#include <chrono>
#include <cstdint>
#include <memory>

namespace anochat {

/// Hosts a Relay for WebSocket connections, and answers on the same port with plain HTTP:
///
///     GET /healthz   200 while the server runs
///     GET /readyz    200 while it takes connections and its last commit worked, else 503
///     GET /metrics   numbers in the Prometheus text format, for whom MetricsAccess says
///
/// Frames of all connections that are readable at one time share a commit. One thread does everything. Safe to call
/// from any thread.
class RelayServer {
 public:
  /// Listens when it returns.
  /// @throws Error{Errc::invalid_argument}  an option out of range, or no TLS on more than the loopback
  /// @throws Error{Errc::network_failed}    the address and port cannot be listened on
  /// @throws Error{Errc::tls_failed}        the certificate or its key cannot be read
  /// @throws as SqliteRelayStore: not_a_store, newer_schema, store_busy, io_failed
  explicit RelayServer(const RelayServerOptions& options);
  ~RelayServer();  ///< as stop()
  RelayServer(const RelayServer&) = delete;
  RelayServer& operator=(const RelayServer&) = delete;

  [[nodiscard]] std::uint16_t port() const noexcept;
  /// A still picture. @throws Error{Errc::wrong_state}  stopped
  [[nodiscard]] RelayMetrics metrics() const;
  [[nodiscard]] ListenerCounts counts() const;
  [[nodiscard]] bool is_ready() const;

  /// Takes no new connections, tells every client to come back after a random part of `come_back`, and closes their
  /// connections. Waits until all are gone, `deadline` at most. @return whether all were gone
  bool drain(std::chrono::milliseconds come_back, std::chrono::milliseconds deadline);
  /// Commits what was promised, closes everything and joins the thread. Safe to call again.
  void stop() noexcept;

 private:
  class Core;
  std::unique_ptr<Core> core_;
};

}  // namespace anochat
