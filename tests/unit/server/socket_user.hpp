// tests/unit/server/socket_user.hpp - a device that talks to a running server, frame by frame.
#pragma once

#include <anochat/server/relay_server.hpp>

#include "unit/net/net_world.hpp"
#include "unit/relay/relay_world.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace anochat::testing {

inline RelayServerOptions server_options() {
  RelayServerOptions out;
  out.relay.name = "relay.test";
  return out;
}

/// What its keys, lists and envelopes need; its own relay has nothing to do with the server.
struct Makings : RelayWorld {
  Makings() { clock.set(SystemClock().now()); }
};

struct SocketUser : RelayUser {
  SocketUser(Makings& in, const RelayServer& server) : RelayUser(in), port(server.port()) {}

  std::uint16_t port;
  std::optional<RawSocket> socket;

  bool send(const Bytes& frame) const { return socket->send_message(as_text(frame)); }
  template <class Body>
  bool put(Body body) {
    return send(encode(ClientFrame{++request, std::move(body)}));
  }
  /// The relay's next frame; nothing when the connection ends.
  std::optional<RelayFrame> hear() {
    while (const auto message = socket->next()) {
      if (message->opcode == Opcode::binary) return decode_relay_frame(as_bytes(message->payload));
      if (message->opcode == Opcode::close) {
        socket->send_message(message->payload, Opcode::close);
        return std::nullopt;
      }
    }
    return std::nullopt;
  }
  /// Mail that comes before the answer is put aside.
  template <class Answer, class Body>
  Answer ask_server(Body body) {
    REQUIRE(put(std::move(body)));
    for (;;) {
      auto frame = hear();
      REQUIRE(frame);
      if (frame->request != request) {
        mail.push_back(*std::move(frame));
        continue;
      }
      REQUIRE(std::holds_alternative<Answer>(frame->body));
      return std::get<Answer>(std::move(frame->body));
    }
  }
  /// The last word of the relay, after which it has closed the connection.
  Refused last_word() {
    std::optional<Refused> last;
    while (const auto frame = hear()) {
      if (const auto* refused = std::get_if<Refused>(&frame->body)) last = *refused;
    }
    REQUIRE(last);
    CHECK(socket->wait_until_closed());
    return *last;
  }

  std::optional<Challenge> reach() {
    socket.emplace(port);
    if (!socket->is_connected() || !socket->open()) return std::nullopt;
    auto frame = hear();
    if (!frame || !std::holds_alternative<Challenge>(frame->body)) {
      if (frame) refusal = std::get<Refused>(frame->body);
      return std::nullopt;
    }
    return std::get<Challenge>(frame->body);
  }
  void enter() {
    const auto challenge = reach();
    REQUIRE(challenge);
    static_cast<void>(ask_server<Done>(answer(*challenge)));
  }
  void settle_in(std::size_t one_time = 2) {
    enter();
    static_cast<void>(ask_server<Done>(PublishAccount{list(1), token}));
    static_cast<void>(ask_server<Done>(prekeys(one_time)));
  }
  bool is_served() { return std::holds_alternative<Pong>(RelayFrame{0, ask_server<Pong>(Ping{})}.body); }

  std::vector<RelayFrame> mail;
  std::optional<Refused> refusal;  ///< instead of a Challenge
};

}  // namespace anochat::testing
