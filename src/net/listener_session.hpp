// net/listener_session.hpp - one connection of a listener, from the first byte to the last.
#pragma once

#include <anochat/net/web_socket_listener.hpp>

#include "net/pipe.hpp"

#include <functional>
#include <memory>
#include <string>

namespace anochat::net {

class Session;

/// What a session tells its listener.
class SessionOwner {
 public:
  virtual ~SessionOwner() = default;
  virtual void on_session_open(Session& session, const PeerAddress& address) = 0;
  virtual void on_session_frame(Session& session, ByteView frame) = 0;
  virtual void on_session_sent(Session& session) = 0;
  /// Once. The owner lets go of the session.
  virtual void on_session_end(Session& session, PipeEnd end) = 0;
  virtual HttpAnswer on_session_http(const HttpRequest& request) = 0;
};

class Session final : public Pipe {
 public:
  Session(PeerId number, std::shared_ptr<PipeShared> shared, SessionOwner& owner, std::size_t max_frame_len);

  ~Session() override;

  /// @param tls  nullptr: plain
  void start(tcp::socket socket, const PeerAddress& address, asio::ssl::context* tls, Time now);
  /// The owner is gone: nothing more is told.
  void let_go() noexcept;
  /// @return false: it has been shaking hands for too long
  [[nodiscard]] bool is_in_time(Time now, std::chrono::milliseconds handshake_deadline) const noexcept {
    return was_open() || now - began_ <= handshake_deadline;
  }
  void give_up(PipeEnd end) { Pipe::end({Errc::timed_out, "no handshake in time"}, end); }
  [[nodiscard]] PeerId number() const noexcept { return number_; }
  [[nodiscard]] bool has_opened() const noexcept { return was_open(); }
  [[nodiscard]] bool is_done() const noexcept { return is_over(); }

  void on_handshake(const StreamResult& result) override;

 private:
  struct Greeting;  // what is needed until the connection is open

  [[nodiscard]] std::shared_ptr<Session> self() { return std::static_pointer_cast<Session>(shared_from_this()); }
  void read_head();
  void take_head();
  void answer(const HttpAnswer& answer);
  void on_message(ByteView message) override;
  void on_all_sent() override;
  void on_end(const ConnectionFailure& why, PipeEnd end) override;

  const PeerId number_;
  SessionOwner* owner_;
  const std::size_t max_frame_len_;
  std::unique_ptr<Greeting> greeting_;
  Time began_{};
};

}  // namespace anochat::net
