#include <anochat/driver/client_driver.hpp>

#include "driver/core.hpp"

#include <utility>

namespace anochat {

ClientDriver::ClientDriver(Client&& client, DriverOptions options)
    : core_(std::make_shared<Core>(std::move(client), std::move(options))) {
  core_->start();
}

ClientDriver::ClientDriver(ClientDriver&&) noexcept = default;

ClientDriver& ClientDriver::operator=(ClientDriver&& other) noexcept {
  if (this == &other) return *this;
  if (core_) core_->stop();
  core_ = std::move(other.core_);
  return *this;
}

ClientDriver::~ClientDriver() {
  if (core_) core_->stop();
}

std::vector<Event> ClientDriver::take_events(std::size_t most) { return core_->take_events(most); }
std::vector<Event> ClientDriver::wait_events(std::chrono::milliseconds timeout, std::size_t most) {
  return core_->wait_events(timeout, most);
}
int ClientDriver::event_fd() const noexcept { return core_->event_fd(); }
ConnectionState ClientDriver::state() const { return core_->state(); }
bool ClientDriver::wait_until_online(std::chrono::milliseconds timeout) { return core_->wait_until_online(timeout); }
void ClientDriver::reconnect() { core_->reconnect(); }
void ClientDriver::stop() noexcept { core_->stop(); }

ClientDriver::Access::Access(Core& core) : core_(core) { core_.lock_client(); }
ClientDriver::Access::~Access() { core_.unlock_client(); }
Client& ClientDriver::Access::client() const noexcept { return core_.client(); }

}  // namespace anochat
