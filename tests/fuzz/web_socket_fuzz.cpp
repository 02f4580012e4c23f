// One connection of a listener, from its first byte: raw bytes, or a WebSocket that is opened well and goes on badly.
// The other side hangs up at the end, and whatever it said, the connection ends once and holds nothing.
//
// Input: a byte that says how it begins, then bytes (or edits of a good request, three bytes each).
#include <anochat/base/bytes.hpp>

#include "fuzz/fuzz.hpp"
#include "net/listener_session.hpp"

#include <boost/asio/io_context.hpp>

#include <memory>
#include <string>
#include <sys/socket.h>
#include <unistd.h>

using namespace anochat;

namespace {

constexpr std::size_t kMaxFrame = 1'024;     // bytes
constexpr std::size_t kMostPartial = 2'048;  // bytes

constexpr std::string_view kUpgrade =
    "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

/// Answers every frame with itself and keeps the books.
class Echo final : public net::SessionOwner {
 public:
  void on_session_open(net::Session& /*session*/, const PeerAddress& /*address*/) override {
    fuzz::require(!is_open_ && !is_over && !is_http, "a connection opens once");
    is_open_ = true;
  }
  void on_session_frame(net::Session& session, ByteView frame) override {
    fuzz::require(is_open_ && !is_over, "frames come while it is open");
    fuzz::require(frame.size() <= kMaxFrame, "a frame is within the limit");
    session.send(Bytes(frame.begin(), frame.end()));
  }
  void on_session_sent(net::Session& /*session*/) override {}
  void on_session_end(net::Session& /*session*/, net::PipeEnd /*end*/) override {
    fuzz::require(!is_over, "a connection ends once");
    is_over = true;
  }
  HttpAnswer on_session_http(const HttpRequest& request) override {
    fuzz::require(!is_open_ && !is_http, "a page is asked for once, and not inside a WebSocket");
    is_http = true;
    return {200, "text/plain", std::string(request.target)};
  }
  bool is_over = false;
  bool is_http = false;

 private:
  bool is_open_ = false;
};

std::shared_ptr<net::PipeShared> make_shared_limits() {
  auto shared = std::make_shared<net::PipeShared>();
  shared->limits = {std::chrono::seconds(30), std::chrono::seconds(30), std::chrono::seconds(60),
                    std::chrono::seconds(2), 50};
  shared->partial.most = kMostPartial;
  return shared;
}

void talk(const std::string& bytes) {
  int ends[2];
  fuzz::require(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0, "a pair of sockets");
  net::asio::io_context context;
  const auto shared = make_shared_limits();
  Echo owner;
  const auto session = std::make_shared<net::Session>(1, shared, owner, kMaxFrame);
  session->start(net::tcp::socket(context, net::tcp::v4(), ends[0]), {}, nullptr, IoLoop::Time::clock::now());
  fuzz::require(::send(ends[1], bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size()),
                "all is sent at once");
  ::shutdown(ends[1], SHUT_WR);
  context.poll();
  fuzz::require(shared->partial.used <= kMostPartial, "memory for frames that have not arrived is bounded");
  if (!owner.is_over) {  // it waits for a good-bye, or for an answer to leave
    session->check(IoLoop::Time::clock::now() + std::chrono::hours(1));
    context.poll();
  }
  fuzz::require(owner.is_over, "a connection ends");
  char answer[9] = {};
  const auto got = ::recv(ends[1], answer, sizeof answer, MSG_DONTWAIT);
  fuzz::require(got <= 0 || std::string_view(answer, sizeof answer) == "HTTP/1.1 ", "an answer is HTTP first");
  ::close(ends[1]);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0 || size > 16'384) return 0;
  const ByteView rest = ByteView(data, size).subspan(1);
  if (data[0] % 3 == 0) {
    talk(std::string(as_text(rest)));
  } else if (data[0] % 3 == 1) {
    talk(std::string(kUpgrade) + std::string(as_text(rest)));
  } else {
    talk(std::string(as_text(fuzz::edited(Bytes(kUpgrade.begin(), kUpgrade.end()), rest))));
  }
  return 0;
}
