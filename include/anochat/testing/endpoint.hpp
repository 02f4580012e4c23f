// anochat/testing/endpoint.hpp - the side of a connection that a test watches.
#pragma once

#include <anochat/base/bytes.hpp>
#include <anochat/base/clock.hpp>
#include <optional>
#include <vector>

namespace anochat::testing {

/// What LossyNetwork needs of a client: bytes of whole relay frames in and out, and the time at which it wants to be woken.
class Endpoint {
 public:
  virtual ~Endpoint() = default;
  virtual void connected() = 0;
  virtual void disconnected() = 0;
  /// One frame of the relay. When it throws Error, the network ends the connection.
  virtual void receive(ByteView frame) = 0;
  [[nodiscard]] virtual std::vector<Bytes> outgoing() = 0;
  [[nodiscard]] virtual std::optional<UnixTime> next_timer() const = 0;
  virtual void tick() = 0;
};

/// Makes an Endpoint of an object that has the six calls, such as anochat::Client. The object must outlive it.
template <class Client>
class EndpointOf final : public Endpoint {
 public:
  explicit EndpointOf(Client& client) noexcept : client_(&client) {}

  void connected() override { client_->connected(); }
  void disconnected() override { client_->disconnected(); }
  void receive(ByteView frame) override { client_->receive(frame); }
  [[nodiscard]] std::vector<Bytes> outgoing() override { return client_->outgoing(); }
  [[nodiscard]] std::optional<UnixTime> next_timer() const override { return client_->next_timer(); }
  void tick() override { client_->tick(); }

 private:
  Client* client_;
};

}  // namespace anochat::testing
