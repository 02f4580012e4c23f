#include <anochat/relay/relay.hpp>

#include "relay/engine.hpp"

#include <utility>

namespace anochat {

Relay::Relay(RelayOptions options, const RelayServices& services)
    : engine_(std::make_unique<Engine>(std::move(options), services)) {}
Relay::~Relay() = default;

Relay::Connection Relay::open(ByteView address_class) { return engine_->open(address_class); }
void Relay::close(Connection connection) noexcept { engine_->drop(connection); }

bool Relay::is_open(Connection connection) const noexcept {
  const Engine::Link* link = engine_->find(connection);
  return link != nullptr && !link->is_closed;
}

bool Relay::wants_input(Connection connection) const noexcept {
  const Engine::Link* link = engine_->find(connection);
  return link != nullptr && !link->is_closed && link->answer_bytes < engine_->options.outgoing_bytes;
}

void Relay::receive(Connection connection, ByteView frame) noexcept {
  Engine::Link* link = engine_->find(connection);
  if (link == nullptr || link->is_closed) return;
  engine_->guarded(link, 0, [&] { engine_->receive(*link, frame); });
}

std::vector<Bytes> Relay::take(Connection connection, std::size_t most_bytes) {
  Engine::Link* link = engine_->find(connection);
  return link == nullptr ? std::vector<Bytes>{} : engine_->take(*link, most_bytes);
}

std::vector<Relay::Connection> Relay::ready() {
  std::vector<Connection> list = std::exchange(engine_->ready, {});
  for (const Connection connection : list) {
    if (Engine::Link* link = engine_->find(connection)) link->is_ready = false;
  }
  return list;
}

void Relay::flush() noexcept { engine_->commit(); }
void Relay::tick() noexcept {
  engine_->guarded(nullptr, 0, [&] { engine_->tick(); });
}
void Relay::drain(std::chrono::milliseconds within) noexcept {
  engine_->guarded(nullptr, 0, [&] { engine_->drain(within); });
}
bool Relay::is_ready() const noexcept { return !engine_->is_draining && !engine_->group.has_failed; }
const RelayMetrics& Relay::metrics() const noexcept { return engine_->metrics; }

std::size_t Relay::outgoing_bytes(Connection connection) const noexcept {
  const Engine::Link* link = engine_->find(connection);
  return link == nullptr ? 0 : link->outgoing_bytes;
}

}  // namespace anochat
