// client_host.hpp - one client for Python: alone, or driven by a thread with a connection.
#pragma once

#include <anochat/client/client.hpp>
#include <anochat/storage/key_provider.hpp>
#if ANOCHAT_PYTHON_NET
#include <anochat/driver/client_driver.hpp>
#endif

#include "common.hpp"

#include <memory>
#include <string>
#include <vector>

namespace anochat::python {

struct LoadedEvent;

/// What Client() is called with.
struct ClientPlan {
  std::string path;  ///< empty: in memory
  bool may_create = true;
  bool may_open = true;
  std::unique_ptr<KeyProvider> key;
  std::shared_ptr<Clock> clock;
  std::shared_ptr<Random> random;
  ClientOptions options;
};

/// Owns a client, its clock and its randomness, and the descriptor that can be read while events wait. After close()
/// every call is refused with wrong_state. What lives at the interpreter's end is closed by anochat/_lifetime.py.
class ClientHost {
 public:
  explicit ClientHost(ClientPlan plan);
  ~ClientHost();
  ClientHost(const ClientHost&) = delete;
  ClientHost& operator=(const ClientHost&) = delete;

  /// Runs use(Client&) without the GIL, one thread at a time.
  template <class Use>
  auto with(Use&& use) {
    return guard_.run([&] {
#if ANOCHAT_PYTHON_NET
      if (driver_) return driver_->with(use);
#endif
      if (!client_) throw Error(Errc::wrong_state, "the client is closed");
      return use(*client_);
    });
  }

#if ANOCHAT_PYTHON_NET
  void connect(DriverOptions options);
  [[nodiscard]] std::optional<ConnectionState> state();
  bool wait_until_online(std::chrono::milliseconds timeout);
  void reconnect();
#endif
  /// Events with their messages. What is left keeps the descriptor readable.
  [[nodiscard]] std::vector<LoadedEvent> take_events(std::size_t most);
  [[nodiscard]] int event_fd();
  void close();

 private:
  void signal() const noexcept;
  void quiet() const noexcept;
  void shut() noexcept;
#if ANOCHAT_PYTHON_NET
  [[nodiscard]] std::shared_ptr<ClientDriver> driver();
#endif

  Guard guard_;
  std::shared_ptr<Clock> clock_;
  std::shared_ptr<Random> random_;
  NullLog log_;
  int fd_ = -1;
  std::unique_ptr<Client> client_;
#if ANOCHAT_PYTHON_NET
  std::shared_ptr<ClientDriver> driver_;  // shared with who waits in wait_until_online()
#endif
};

}  // namespace anochat::python
