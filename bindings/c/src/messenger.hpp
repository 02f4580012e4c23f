// What an anochat_client stands for: a client, driven by its application or by itself.
#pragma once

#include <anochat/client/client.hpp>

#include "call.hpp"
#include "handles.hpp"
#include "world.hpp"
#if defined(ANOCHAT_C_NETWORK)
#include <anochat/driver/client_driver.hpp>
#endif

#include <anochat.h>

#include <memory>
#include <optional>

namespace anochat::c {

/// A descriptor that can be read while it is set.
class EventFd {
 public:
  EventFd() = default;
  ~EventFd();
  EventFd(const EventFd&) = delete;
  EventFd& operator=(const EventFd&) = delete;

  /// Made with the first call. @throws Error{Errc::io_failed}
  [[nodiscard]] int get();
  void set() const noexcept;
  void clear() const noexcept;

 private:
  int fd_ = -1;
};

struct ClientObject final : Object {
  using Handle = anochat_client;
  static constexpr Kind kKind = Kind::client;

  ClientObject(std::shared_ptr<World> in, std::unique_ptr<Log> to) : world(std::move(in)), log(std::move(to)) {}
  void release() override;

  /// Runs use(Client&).
  template <class F>
  decltype(auto) with(F use) {
#if defined(ANOCHAT_C_NETWORK)
    if (driver) return driver->with(use);
#endif
    return use(client.value());
  }
  /// The client of an application that drives it itself.
  [[nodiscard]] Client& driven();
  [[nodiscard]] std::vector<Event> take_events(std::size_t most);

  std::shared_ptr<World> world;
  std::unique_ptr<Log> log;
  EventFd fd;
  std::optional<Event> polled;   // what anochat_client_poll_event() gave last
  std::optional<Client> client;  // until it drives itself
#if defined(ANOCHAT_C_NETWORK)
  std::shared_ptr<ClientDriver> driver;
#endif
};

/// The body of most functions of a client.
template <class F>
anochat_status with_client(const anochat_client* client, anochat_error* error, F use) {
  return guard(error, [&] {
    const Use<ClientObject> it(client, "client");
    it->with(use);
  });
}

[[nodiscard]] inline AccountId account_in(const anochat_account_id* account) {
  AccountId out;
  std::copy_n(not_null(account, "account").bytes, out.size(), out.begin());
  return out;
}

/// Where a store's key comes from, as the engine asks for it.
[[nodiscard]] std::unique_ptr<KeyProvider> key_in(const anochat_key* key);
[[nodiscard]] std::filesystem::path path_in(const char* path, std::size_t path_len, const char* name);

/// anochat_client_create() and _open() in a world; anochat_testing.h has another.
void make_client(const std::shared_ptr<World>& world, bool is_new, std::optional<std::filesystem::path> path,
                 const anochat_key* key, const anochat_client_options* options, anochat_client** client);

}  // namespace anochat::c
