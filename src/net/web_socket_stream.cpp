// The only unit that includes Beast, which takes a compiler a minute and a gigabyte. Without permessage-deflate:
// ciphertext does not get shorter, and compressing secrets beside chosen text leaks them.
#include "net/web_socket_stream.hpp"

#include "net/failure.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/beast/core/role.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <boost/beast/websocket/stream.hpp>

#include <utility>

namespace anochat::net {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using boost::system::error_code;

constexpr std::uint32_t kMaxHeadLen = 8'192;    // bytes of an HTTP head
constexpr std::size_t kMaxAnswerLen = 16'384;   // bytes of an HTTP answer, with the page that is none of a WebSocket
constexpr std::size_t kMaskBufferLen = 16'384;  // bytes that a client masks and writes at once

using Parser = http::request_parser<http::empty_body>;

bool parse(Parser& parser, std::string_view head) {
  parser.header_limit(kMaxHeadLen);
  parser.body_limit(0);
  error_code error;
  const std::size_t used = parser.put(asio::buffer(head), error);
  return !error && parser.is_header_done() && parser.is_done() && used == head.size();
}

StreamResult result_of(const error_code& error, const char* doing) {
  if (!error) return {};
  if (error == websocket::error::closed) return {ConnectionFailure{Errc::network_failed, "closed by the other side"}};
  if (error == websocket::error::message_too_big || error == websocket::error::bad_size) {
    return {ConnectionFailure{Errc::too_large, "a message over the limit"}, true};
  }
  if (error == websocket::condition::handshake_failed || error == asio::error::message_size ||
      error.category() == make_error_code(http::error{}).category()) {
    return {ConnectionFailure{Errc::bad_message, "the other side does not speak WebSocket here"}, true};
  }
  if (error == websocket::condition::protocol_violation) {
    return {ConnectionFailure{Errc::bad_message, "the other side breaks the WebSocket protocol"}, true};
  }
  return {failure_of(error, doing)};
}

class BeastStream final : public WebSocketStream {
 public:
  BeastStream(ByteStream stream, std::size_t max_message_len, WebSocketOwner& owner) : stream_(std::move(stream)) {
    stream_.binary(true);
    stream_.auto_fragment(false);
    stream_.write_buffer_bytes(kMaskBufferLen);
    stream_.read_message_max(max_message_len);
    stream_.control_callback(
        [&owner](websocket::frame_type /*kind*/, beast::string_view /*payload*/) { owner.on_control(); });
  }

  void shake_hands(const std::string& host, const std::string& path, OwnerHandle owner) override {
    stream_.next_layer().allow(kMaxAnswerLen);  // Beast would take 8 MiB
    stream_.async_handshake(host, path, [this, owner = std::move(owner)](error_code error) {
      stream_.next_layer().allow_all();
      owner->on_handshake(result_of(error, "WebSocket handshake"));
    });
  }
  void accept(std::string_view head, OwnerHandle owner) override {
    Parser parser;
    const bool is_good = parse(parser, head);
    if (!is_good) {
      asio::post(stream_.get_executor(), [owner = std::move(owner)] {
        owner->on_handshake({ConnectionFailure{Errc::bad_message, "no HTTP request"}, true});
      });
      return;
    }
    stream_.async_accept(parser.release(), [owner = std::move(owner)](error_code error) {
      owner->on_handshake(result_of(error, "WebSocket handshake"));
    });
  }
  void read(MutableByteView room, OwnerHandle owner) override {
    stream_.async_read_some(asio::buffer(room.data(), room.size()),
                            [this, owner = std::move(owner)](error_code error, std::size_t bytes) {
                              owner->on_read(result_of(error, "reading"), bytes, !error && stream_.is_message_done());
                            });
  }
  void write(ByteView message, OwnerHandle owner) override {
    stream_.async_write(asio::buffer(message.data(), message.size()),
                        [owner = std::move(owner)](error_code error, std::size_t /*bytes*/) {
                          owner->on_written(result_of(error, "writing"));
                        });
  }
  void ping(OwnerHandle owner) override {
    stream_.async_ping({},
                       [owner = std::move(owner)](error_code error) { owner->on_pinged(result_of(error, "writing")); });
  }
  void say_goodbye(std::uint16_t code, OwnerHandle owner) override {
    stream_.async_close(websocket::close_reason(code), [owner = std::move(owner)](error_code error) {
      owner->on_said_goodbye(result_of(error, "closing"));
    });
  }
  [[nodiscard]] bool is_text() const noexcept override { return stream_.got_text(); }
  [[nodiscard]] std::uint64_t reads() const noexcept override { return stream_.next_layer().reads(); }
  void abort() noexcept override { stream_.next_layer().close(); }

 private:
  websocket::stream<ByteStream, /*deflateSupported=*/false> stream_;
};

}  // namespace

std::unique_ptr<WebSocketStream> make_web_socket_stream(ByteStream stream, std::size_t max_message_len,
                                                        WebSocketOwner& owner) {
  return std::make_unique<BeastStream>(std::move(stream), max_message_len, owner);
}

std::optional<RequestHead> parse_request_head(std::string_view head) {
  Parser parser;
  if (!parse(parser, head)) return std::nullopt;
  const auto& request = parser.get();
  const auto target = request.target();
  return RequestHead{request.method() == http::verb::get, websocket::is_upgrade(request),
                     std::string(target.data(), target.size())};
}

}  // namespace anochat::net
