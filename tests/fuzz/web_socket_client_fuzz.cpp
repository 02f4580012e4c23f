// One connection of a client, with a proxy and a relay that answer anything: to CONNECT, to the request for a
// WebSocket, and afterwards. Whatever they say, the attempt ends once, with a reason, after a bounded number of bytes.
//
// Input: a byte of switches, two of a length (big-endian), that many bytes for the first answer, the rest for the
// second. "@accept" in an answer stands for what the client's key asks for, so that a connection can open.
#include <anochat/net/asio_loop.hpp>
#include <anochat/net/web_socket_transport.hpp>

#include "fuzz/fuzz.hpp"

#include <arpa/inet.h>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <netinet/in.h>
#include <openssl/evp.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <sys/socket.h>
#include <unistd.h>

using namespace anochat;

namespace {

constexpr std::size_t kMaxFrame = 1'024;         // bytes
constexpr std::size_t kLongestAnswer = 20'000;   // bytes that nobody may say without a connection
constexpr std::chrono::seconds kPatience{60};    // on a machine that has other things to do
constexpr std::chrono::milliseconds kAtOnce{2};  // that the thread which looks up names may need

enum Switch : std::uint8_t {
  kThroughProxy = 1,   // the first answer is the proxy's; otherwise both are the relay's
  kGoesOn = 2,         // the end of the last answer is repeated
  kHangsUp = 4,        // the client closes after its first frame
  kLosesInterest = 8,  // the transport is destroyed before the end
  kPauses = 16,        // the client reads nothing after a frame until all has been said
};

class Loop {
 public:
  [[nodiscard]] const std::shared_ptr<IoLoop>& get() const { return loop_; }
  void poll() {
    while (context_.poll() > 0) {
    }
  }
  /// @return false: not in time
  template <class Condition>
  [[nodiscard]] bool run_until(Condition condition) {
    const auto end = std::chrono::steady_clock::now() + kPatience;
    while (!condition()) {
      if (std::chrono::steady_clock::now() > end) return false;
      context_.run_one_for(kAtOnce);
    }
    return true;
  }

 private:
  boost::asio::io_context context_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{context_.get_executor()};
  std::shared_ptr<IoLoop> loop_ = make_loop(context_.get_executor());
};

/// Takes connections on this machine.
class Listener {
 public:
  Listener() {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t len = sizeof at;
    const bool is_good = ::bind(socket_, reinterpret_cast<sockaddr*>(&at), sizeof at) == 0 &&
                         ::listen(socket_, 8) == 0 &&
                         ::getsockname(socket_, reinterpret_cast<sockaddr*>(&at), &len) == 0;
    fuzz::require(is_good, "a listener on this machine");
    address_ = "127.0.0.1:" + std::to_string(ntohs(at.sin_port));
  }
  [[nodiscard]] const std::string& address() const { return address_; }
  /// @return -1: nobody is there yet
  [[nodiscard]] int accept() const { return ::accept4(socket_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK); }

 private:
  int socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  std::string address_;
};

/// The value of Sec-WebSocket-Accept for the request that came last (RFC 6455, section 4.2.2); empty if it is no such.
std::string accept_value(const std::string& heard) {
  constexpr std::string_view kName = "Sec-WebSocket-Key: ";
  const std::size_t at = heard.rfind(kName);
  if (at == std::string::npos) return {};
  const std::string text = heard.substr(at + kName.size(), 24) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  unsigned char hash[EVP_MAX_MD_SIZE];
  unsigned int hash_len = 0;
  fuzz::require(EVP_Digest(text.data(), text.size(), hash, &hash_len, EVP_sha1(), nullptr) == 1, "a hash");
  unsigned char base64[2 * EVP_MAX_MD_SIZE];
  return {reinterpret_cast<char*>(base64),
          static_cast<std::size_t>(EVP_EncodeBlock(base64, hash, static_cast<int>(hash_len)))};
}

/// The other end of the connection, whoever it plays.
class Peer {
 public:
  explicit Peer(int socket) : socket_(socket) {}
  ~Peer() {
    const linger at_once{1, 0};  // or thousands of ports would be taken for a minute
    ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    ::close(socket_);
  }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  /// @return whether a request has come since the last one
  [[nodiscard]] bool hears_request() {
    char piece[4'096];
    for (ssize_t got = 0; (got = ::recv(socket_, piece, sizeof piece, 0)) > 0;) {
      heard_.append(piece, static_cast<std::size_t>(got));
    }
    const std::size_t end = heard_.find("\r\n\r\n", answered_);
    if (end == std::string::npos) return false;
    answered_ = end + 4;
    return true;
  }
  void say(std::string text) {
    constexpr std::string_view kMark = "@accept";
    const std::string accept = accept_value(heard_);
    for (std::size_t at = text.find(kMark); at != std::string::npos; at = text.find(kMark, at)) {
      text.replace(at, kMark.size(), accept);
      is_right_ = is_right_ || !accept.empty();
    }
    send(text);
  }
  void send(std::string_view text) {
    const ssize_t sent = ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
    if (sent > 0) said_ += static_cast<std::size_t>(sent);
  }
  void hang_up() const { ::shutdown(socket_, SHUT_WR); }

  [[nodiscard]] std::size_t said() const { return said_; }
  [[nodiscard]] bool has_said_the_right_thing() const { return is_right_; }

 private:
  int socket_;
  std::string heard_;
  std::size_t answered_ = 0;
  std::size_t said_ = 0;
  bool is_right_ = false;
};

/// Sends every frame back and keeps the books.
class Dialler final : public TransportHandler {
 public:
  Dialler(Loop& loop, const WebSocketOptions& options, std::uint8_t switches)
      : pauses_((switches & kPauses) != 0),
        hangs_up_((switches & kHangsUp) != 0),
        transport_(make_web_socket_transport(loop.get(), options)) {
    transport_->start(*this);
  }
  void on_open() override {
    fuzz::require(transport_ && !is_open_ && !is_closed_, "a connection opens once");
    is_open_ = true;
  }
  void on_frame(ByteView frame) override {
    fuzz::require(transport_ && is_open_ && !is_closed_, "frames come while it is open");
    fuzz::require(!frame.empty() && frame.size() <= kMaxFrame, "a frame is within the limits");
    Bytes copy(frame.begin(), frame.end());
    static_cast<void>(transport_->send(copy));
    if (pauses_) transport_->set_reading(false);
    if (hangs_up_) transport_->close();
  }
  void on_writable() override { fuzz::require(transport_ && is_open_ && !is_closed_, "it can write while it is open"); }
  void on_closed(const ConnectionFailure& why) override {
    fuzz::require(transport_ && !is_closed_, "a connection ends once");
    const bool is_known = why.code == Errc::network_failed || why.code == Errc::bad_message ||
                          why.code == Errc::too_large || why.code == Errc::rate_limited;
    fuzz::require(is_known, "a reason that is the other side's");
    const bool is_printable =
        std::all_of(why.text.begin(), why.text.end(), [](char c) { return c >= ' ' && c <= '~'; });
    fuzz::require(!why.text.empty() && why.text.size() < 200 && is_printable, "a sentence of ours");
    is_closed_ = true;
  }
  void read_on() {
    pauses_ = false;
    if (transport_) transport_->set_reading(true);
  }
  void lose_interest() { transport_.reset(); }
  [[nodiscard]] bool is_open() const { return is_open_; }
  [[nodiscard]] bool is_closed() const { return is_closed_; }

 private:
  bool pauses_;
  const bool hangs_up_;
  std::unique_ptr<Transport> transport_;
  bool is_open_ = false;
  bool is_closed_ = false;
};

void go_on(Loop& loop, Peer& peer, const Dialler& client, std::string_view end) {
  std::string piece;
  while (piece.size() < 2'000) piece += end;
  for (std::size_t i = 0; i < 32 && !client.is_closed(); ++i) {
    peer.send(piece);
    loop.poll();
  }
}

void talk(Loop& loop, const Listener& listener, std::uint8_t switches, const std::string (&answers)[2]) {
  WebSocketOptions options;
  options.url = "ws://" + listener.address() + "/path";
  if ((switches & kThroughProxy) != 0) options.proxy = "http://" + listener.address();
  options.max_frame_len = kMaxFrame;
  options.connect_timeout = kPatience;
  Dialler client(loop, options, switches);
  int socket = -1;
  fuzz::require(loop.run_until([&] { return (socket = listener.accept()) >= 0; }), "a client connects");
  Peer peer(socket);
  fuzz::require(loop.run_until([&] { return peer.hears_request(); }), "a client asks first");
  peer.say(answers[0]);
  loop.poll();
  static_cast<void>(peer.hears_request());
  peer.say(answers[1]);
  loop.poll();
  const std::string& last = answers[answers[1].empty() ? 0 : 1];
  if ((switches & kGoesOn) != 0 && !last.empty()) {
    go_on(loop, peer, client, std::string_view(last).substr(last.size() - std::min<std::size_t>(last.size(), 64)));
  }
  client.read_on();
  if ((switches & kLosesInterest) != 0) {
    client.lose_interest();
    return loop.poll();
  }
  const auto is_over = [&] { return client.is_closed(); };
  if (!client.is_open() && peer.said() > kLongestAnswer) {
    fuzz::require(loop.run_until(is_over), "nobody talks for ever before the connection is open");
  }
  peer.hang_up();
  fuzz::require(loop.run_until(is_over), "a connection ends");
  fuzz::require(!client.is_open() || peer.has_said_the_right_thing(), "only the right answer opens a connection");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Loop loop;
  static const Listener listener;
  if (size < 3 || size > 16'384) return 0;
  const std::string_view text = as_text({data + 3, size - 3});
  const std::size_t first = std::min<std::size_t>(std::size_t{data[1]} << 8U | data[2], text.size());
  talk(loop, listener, data[0], {std::string(text.substr(0, first)), std::string(text.substr(first))});
  return 0;
}
