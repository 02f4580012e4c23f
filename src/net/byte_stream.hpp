// net/byte_stream.hpp - a connected socket, with or without TLS on it, as one type: what stands above is compiled once.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>

#include <cstdint>
#include <memory>
#include <utility>

namespace boost::beast {
enum class role_type;
}

namespace anochat::net {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

class ByteStream {
 public:
  using executor_type = tcp::socket::executor_type;
  using Tls = asio::ssl::stream<tcp::socket&>;

  explicit ByteStream(tcp::socket socket) : socket_(std::make_unique<tcp::socket>(std::move(socket))) {}

  [[nodiscard]] executor_type get_executor() const noexcept { return socket_->get_executor(); }
  [[nodiscard]] tcp::socket& socket() noexcept { return *socket_; }
  /// Call its handshake, then everything goes through it.
  Tls& add_tls(asio::ssl::context& context) {
    tls_ = std::make_unique<Tls>(*socket_, context);
    return *tls_;
  }
  void close() noexcept {
    boost::system::error_code ignored;
    if (socket_) socket_->close(ignored);  // otherwise it was moved from
  }

  /// How often something was read.
  [[nodiscard]] std::uint64_t reads() const noexcept { return reads_; }

  template <class Buffers, class Handler>
  auto async_read_some(const Buffers& buffers, Handler&& handler) {
    ++reads_;
    return tls_ ? tls_->async_read_some(buffers, std::forward<Handler>(handler))
                : socket_->async_read_some(buffers, std::forward<Handler>(handler));
  }
  template <class Buffers, class Handler>
  auto async_write_some(const Buffers& buffers, Handler&& handler) {
    return tls_ ? tls_->async_write_some(buffers, std::forward<Handler>(handler))
                : socket_->async_write_some(buffers, std::forward<Handler>(handler));
  }

  // Beast finds these by their names. The WebSocket good-bye has been said by both sides when it tears a stream down,
  // and it is authentic under TLS, so that there is nothing left to say.
  friend void beast_close_socket(ByteStream& stream) { stream.close(); }
  friend void teardown(boost::beast::role_type /*role*/, ByteStream& stream, boost::system::error_code& error) {
    stream.socket_->shutdown(tcp::socket::shutdown_both, error);
  }
  template <class Handler>
  friend void async_teardown(boost::beast::role_type /*role*/, ByteStream& stream, Handler&& handler) {
    boost::system::error_code error;
    stream.socket_->shutdown(tcp::socket::shutdown_both, error);
    asio::post(stream.get_executor(), [handler = std::forward<Handler>(handler), error]() mutable { handler(error); });
  }

 private:
  std::unique_ptr<tcp::socket> socket_;
  std::unique_ptr<Tls> tls_;
  std::uint64_t reads_ = 0;
};

}  // namespace anochat::net
