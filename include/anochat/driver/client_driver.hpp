// anochat/driver/client_driver.hpp - a client that is connected to its relay, and stays so.
#pragma once

#include <anochat/client/client.hpp>
#include <anochat/driver/driver_options.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace anochat {

/// What a driver is doing about its connection.
struct ConnectionState {
  enum class Phase : std::uint8_t {
    connecting,  ///< looking up, connecting, TLS, WebSocket
    logging_in,  ///< connected; the relay has not let us in yet
    online,
    waiting,  ///< for the next attempt
    stopped,  ///< by stop(): the driver is of no more use
  };
  Phase phase = Phase::connecting;
  std::size_t attempts = 0;                               ///< since the connection was last good
  std::optional<std::chrono::milliseconds> next_attempt;  ///< from now, while waiting
  std::optional<ConnectionFailure> failure;  ///< why the last connection failed or ended; kept until the next is online
};

/// Gives a Client a thread, a connection and time. The connection is made anew whenever it is lost, after a jittered
/// pause that grows, or after the time that the relay asks for; messages are neither lost nor sent twice on the way,
/// because the client keeps them until they are acknowledged.
///
///     ClientDriver driver(Client::open(std::move(store)), {.relay = "wss://relay.example"});
///     driver.with([&](Client& me) { return me.send_text(me.conversation_with(bob), "hello"); });
///     for (const Event& event : driver.wait_events(std::chrono::seconds(1))) ...
///
/// Safe to call from any thread, except for its construction, moving and destruction.
class ClientDriver {
 public:
  /// Begins to connect. Takes the client over; when it throws, the client is as it was.
  /// @throws Error{Errc::invalid_argument}  an option that is none, such as plain text to another machine
  /// @throws Error{Errc::tls_failed}        ca_file cannot be read
  /// @throws Error{Errc::io_failed}         the system gives no thread or descriptor
  ClientDriver(Client&& client, DriverOptions options);
  ClientDriver(ClientDriver&&) noexcept;
  ClientDriver& operator=(ClientDriver&&) noexcept;
  /// As stop().
  ~ClientDriver();

  /// Runs use(Client&) while nobody else uses the client, and then sends what it made. Returns what it returns; what it
  /// throws goes through. Keep it short: incoming messages wait. Do not keep the reference, and call nothing of the
  /// driver inside.
  /// @throws Error{Errc::wrong_state}  the driver was stopped
  template <class Use>
  auto with(Use&& use) {
    const Access access(*core_);
    return std::forward<Use>(use)(access.client());
  }

  /// Events that wait, oldest first. After stop() those that are left.
  [[nodiscard]] std::vector<Event> take_events(std::size_t most = 1'000);
  /// The same, but waits for the first one; empty when the time is over or the driver is stopped.
  [[nodiscard]] std::vector<Event> wait_events(std::chrono::milliseconds timeout, std::size_t most = 1'000);
  /// A descriptor that can be read while events wait, for poll(2) and its like. Do not read or close it; it lasts as
  /// long as the driver.
  [[nodiscard]] int event_fd() const noexcept;

  [[nodiscard]] ConnectionState state() const;
  /// False when the time is over or the driver is stopped.
  [[nodiscard]] bool wait_until_online(std::chrono::milliseconds timeout);
  /// Ends a pause: the next attempt begins now. For an application that knows that the network is back.
  void reconnect();

  /// Sends what is ready to be sent if that is soon possible, closes the connection and the store, and joins the
  /// thread. Safe to call again. Not inside with() or the driver's loop.
  void stop() noexcept;

 private:
  class Core;
  class Access {  // the lock
   public:
    explicit Access(Core& core);
    ~Access();
    Access(const Access&) = delete;
    Access& operator=(const Access&) = delete;
    [[nodiscard]] Client& client() const noexcept;

   private:
    Core& core_;
  };
  std::shared_ptr<Core> core_;
};

}  // namespace anochat
