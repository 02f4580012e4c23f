// tests/unit/net/raw_socket.hpp - a client that may send any bytes: HTTP and WebSocket by hand.
#pragma once

#include <anochat/base/bytes.hpp>

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <poll.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace anochat::testing {

inline constexpr std::chrono::seconds kPatience{60};  // on a machine that has other things to do

enum class Opcode : std::uint8_t { more = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

class RawSocket {
 public:
  explicit RawSocket(std::uint16_t port) : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    is_connected_ = ::connect(descriptor_, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0;
  }
  ~RawSocket() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  RawSocket(RawSocket&& other) noexcept
      : descriptor_(std::exchange(other.descriptor_, -1)),
        is_connected_(other.is_connected_),
        received_(std::move(other.received_)) {}
  RawSocket& operator=(RawSocket&&) = delete;

  [[nodiscard]] bool is_connected() const noexcept { return is_connected_; }
  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }

  /// False when the other side has closed.
  bool send(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  /// Sends what fits now, and says how much that was.
  std::size_t send_some(std::string_view bytes) const {
    const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    return sent < 0 ? 0 : static_cast<std::size_t>(sent);
  }
  /// More bytes into received(). False at the end, or when nothing came in time.
  bool receive(std::chrono::milliseconds patience = kPatience) {
    pollfd wait{descriptor_, POLLIN, 0};
    if (::poll(&wait, 1, static_cast<int>(patience.count())) != 1) return false;
    char piece[65'536];
    const ssize_t got = ::recv(descriptor_, piece, sizeof piece, 0);
    if (got <= 0) {
      is_connected_ = false;
      return false;
    }
    received_.append(piece, static_cast<std::size_t>(got));
    return true;
  }
  /// Reads until the other side closes. False when it does not in time.
  bool wait_until_closed() {
    while (receive()) {
    }
    return !is_connected_;
  }
  std::string& received() noexcept { return received_; }

  // --- HTTP and WebSocket ---

  /// The answer to a GET, head and body.
  static std::string get(std::uint16_t port, std::string_view target) {
    RawSocket socket(port);
    socket.send("GET " + std::string(target) + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
    CHECK(socket.wait_until_closed());
    return socket.received();
  }
  static std::string upgrade() {
    return "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
  }
  /// Opens a WebSocket. False when the server does not.
  bool open() {
    if (!send(upgrade())) return false;
    while (received_.find("\r\n\r\n") == std::string::npos) {
      if (!receive()) return false;
    }
    const bool is_open = received_.starts_with("HTTP/1.1 101 ");
    received_.erase(0, received_.find("\r\n\r\n") + 4);
    return is_open;
  }
  static std::string head(Opcode opcode, std::uint64_t len, bool is_last = true, bool is_masked = true) {
    std::string out(1, static_cast<char>((is_last ? 0x80 : 0) | static_cast<int>(opcode)));
    const int mask_bit = is_masked ? 0x80 : 0;
    const auto append = [&out, len](int bytes) {
      for (int at = bytes - 1; at >= 0; --at) out += static_cast<char>(len >> (8 * at) & 0xff);
    };
    if (len < 126) {
      out += static_cast<char>(mask_bit | static_cast<int>(len));
    } else if (len < 65'536) {
      out += static_cast<char>(mask_bit | 126);
      append(2);
    } else {
      out += static_cast<char>(mask_bit | 127);
      append(8);
    }
    if (is_masked) out.append(4, '\0');  // a mask of zeros: the payload stays as it is
    return out;
  }
  bool send_message(std::string_view payload, Opcode opcode = Opcode::binary, bool is_last = true) const {
    return send(head(opcode, payload.size(), is_last) + std::string(payload));
  }
  struct Message {
    Opcode opcode;
    std::string payload;
  };
  /// The next message or control frame; nothing at the end, or when none comes in time.
  std::optional<Message> next(std::chrono::milliseconds patience = kPatience) {
    for (;;) {
      if (auto whole = take()) return whole;
      if (!receive(patience)) return std::nullopt;
    }
  }

 private:
  std::optional<Message> take() {
    const auto byte = [this](std::size_t at) {
      return static_cast<std::uint64_t>(static_cast<std::uint8_t>(received_[at]));
    };
    if (received_.size() < 2) return std::nullopt;
    std::uint64_t len = byte(1) & 0x7f;
    std::size_t head_len = 2;
    if (len >= 126) {
      const std::size_t more = len == 126 ? 2 : 8;
      if (received_.size() < 2 + more) return std::nullopt;
      len = 0;
      for (std::size_t at = 0; at < more; ++at) len = len << 8 | byte(2 + at);
      head_len += more;
    }
    if (received_.size() - head_len < len) return std::nullopt;
    Message out{static_cast<Opcode>(byte(0) & 0x0f), received_.substr(head_len, len)};
    received_.erase(0, head_len + len);
    return out;
  }

  int descriptor_;
  bool is_connected_ = false;
  std::string received_;
};

}  // namespace anochat::testing
