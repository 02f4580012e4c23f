#include "client_host.hpp"

#include "values.hpp"

#include <cstddef>
#include <filesystem>
#include <new>
#include <sys/eventfd.h>
#include <unistd.h>

namespace anochat::python {
namespace {

Client open_or_create(const ClientPlan& plan, const StoreOptions& store) {
  if (plan.path.empty()) return Client::create(Store::in_memory(store), plan.options);
  const std::filesystem::path path(plan.path);
  if (plan.may_open && (!plan.may_create || std::filesystem::exists(path))) {
    try {
      return Client::open(Store::open(path, *plan.key, store), plan.options);
    } catch (const Error& error) {
      if (!plan.may_create || error.code() != Errc::not_found || !std::filesystem::exists(path)) throw;
    }
    return Client::create(Store::open(path, *plan.key, store), plan.options);  // made by a process that then died
  }
  return Client::create(Store::create(path, *plan.key, store), plan.options);
}

}  // namespace

ClientHost::ClientHost(ClientPlan plan) : clock_(std::move(plan.clock)), random_(std::move(plan.random)) {
  StoreOptions store;
  store.clock = plan.options.clock = clock_.get();
  store.random = plan.options.random = random_.get();
  store.log = plan.options.log = &log_;
  client_ = std::make_unique<Client>(open_or_create(plan, store));
  fd_ = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (fd_ < 0) throw Error(Errc::io_failed, "no event descriptor");
  client_->set_notifier([this] { signal(); });
}

ClientHost::~ClientHost() {
  if (guard_.is_foreign()) {  // after fork(): thread, locks and file belong to the parent
#if ANOCHAT_PYTHON_NET
    using Driver = std::shared_ptr<ClientDriver>;
    alignas(Driver) std::byte forgotten[sizeof(Driver)];  // nobody destroys what is made in here
    static_cast<void>(new (forgotten) Driver(std::move(driver_)));
#endif
    static_cast<void>(client_.release());
    return;
  }
  shut();
  if (fd_ >= 0) ::close(fd_);
}

void ClientHost::signal() const noexcept {
  const std::uint64_t one = 1;
  static_cast<void>(!::write(fd_, &one, sizeof one));
}

void ClientHost::quiet() const noexcept {
  std::uint64_t count = 0;
  static_cast<void>(!::read(fd_, &count, sizeof count));
}

void ClientHost::shut() noexcept {
#if ANOCHAT_PYTHON_NET
  if (driver_) driver_->stop();
  driver_.reset();
#endif
  client_.reset();
}

void ClientHost::close() {
  guard_.run([&] {
    shut();
    signal();  // whoever waits for the descriptor wakes up and finds the client closed
  });
}

std::vector<LoadedEvent> ClientHost::take_events(std::size_t most) {
  return guard_.run([&] {
#if ANOCHAT_PYTHON_NET
    if (driver_) {
      std::vector<Event> events = driver_->take_events(most);
      return driver_->with([&](Client& client) { return load_messages(client, std::move(events)); });
    }
#endif
    if (!client_) throw Error(Errc::wrong_state, "the client is closed");
    quiet();
    std::vector<Event> events = client_->take_events(most);
    if (events.size() == most) signal();
    return load_messages(*client_, std::move(events));
  });
}

int ClientHost::event_fd() {
  return guard_.run([&] {
#if ANOCHAT_PYTHON_NET
    if (driver_) return driver_->event_fd();
#endif
    return fd_;
  });
}

#if ANOCHAT_PYTHON_NET
void ClientHost::connect(DriverOptions options) {
  guard_.run([&] {
    if (!client_ || driver_) throw Error(Errc::wrong_state, "closed, or connected already");
    options.log = &log_;
    client_->set_notifier({});
    driver_ = std::make_unique<ClientDriver>(std::move(*client_), std::move(options));
    client_.reset();
  });
}

std::optional<ConnectionState> ClientHost::state() {
  return guard_.run([&]() -> std::optional<ConnectionState> {
    if (!driver_) return std::nullopt;
    return driver_->state();
  });
}

std::shared_ptr<ClientDriver> ClientHost::driver() {
  return guard_.run([&] { return driver_; });
}

bool ClientHost::wait_until_online(std::chrono::milliseconds timeout) {
  const std::shared_ptr<ClientDriver> driver = this->driver();
  return driver && without_gil([&] { return driver->wait_until_online(timeout); });
}

void ClientHost::reconnect() {
  const std::shared_ptr<ClientDriver> driver = this->driver();
  if (driver) driver->reconnect();
}
#endif

}  // namespace anochat::python
