// net/byte_stream.hpp - a connected socket, with or without TLS on it, as one type: what stands above is compiled once.
#pragma once

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>

#include <algorithm>
#include <cstddef>
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
  using Error = boost::system::error_code;

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
  /// From now on reading fails with message_size when it has brought more than `bytes` in all, until allow_all().
  void allow(std::size_t bytes) { left_ = std::make_shared<std::size_t>(bytes); }
  void allow_all() noexcept { left_.reset(); }

  template <class Buffers, class Handler>
  void async_read_some(const Buffers& buffers, Handler&& handler) {
    ++reads_;
    auto executor = asio::get_associated_executor(handler, get_executor());
    auto counted = asio::bind_executor(
        executor, [left = left_, handler = std::forward<Handler>(handler)](Error error, std::size_t bytes) mutable {
          if (left && !error && bytes > *left) error = asio::error::message_size;
          if (left) *left -= std::min(bytes, *left);
          handler(error, bytes);
        });
    if (tls_) return tls_->async_read_some(buffers, std::move(counted));
    socket_->async_read_some(buffers, std::move(counted));
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
  std::shared_ptr<std::size_t> left_;  // bytes; the operations have it too, as they may end after this
};

}  // namespace anochat::net
