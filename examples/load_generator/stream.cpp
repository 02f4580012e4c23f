#include "stream.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>

#include <array>
#include <stdexcept>
#include <thread>
#include <utility>

namespace load {
namespace {

using anochat::Bytes;
using anochat::ByteView;
using boost::asio::ip::tcp;
using boost::system::error_code;

constexpr std::size_t kPiece = 262'144;  // bytes read at once; one buffer serves all connections of the one thread

std::array<std::uint8_t, kPiece>& piece() {
  static std::array<std::uint8_t, kPiece> bytes;
  return bytes;
}

tcp::socket connect(boost::asio::io_context& io, std::uint16_t port) {
  const tcp::endpoint to(boost::asio::ip::address_v4::loopback(), port);
  for (int attempt = 0; attempt < 500; ++attempt) {
    tcp::socket socket(io);
    error_code error;
    socket.connect(to, error);
    if (!error) return socket;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  throw std::runtime_error("no server answers on port " + std::to_string(port));
}

}  // namespace

struct Stream::State : std::enable_shared_from_this<State> {
  State(tcp::socket with, Handler calls) : socket(std::move(with)), handler(std::move(calls)) {
    socket.non_blocking(true);
    socket.set_option(tcp::no_delay(true));
  }

  tcp::socket socket;
  Handler handler;
  Bytes unread;  // what no whole unit has been made of
  Bytes out;
  std::size_t sent = 0;  // of `out`
  bool is_waiting = false;
  bool is_over = false;

  void fail(const error_code& error) {
    if (std::exchange(is_over, true)) return;
    handler.failed("a connection ended: " + error.message());
  }

  void read() {
    socket.async_wait(tcp::socket::wait_read, [self = shared_from_this()](const error_code& error) {
      if (self->is_over) return;
      if (error) return self->fail(error);
      self->read_piece();
    });
  }
  void read_piece() {
    error_code error;
    const std::size_t size = socket.read_some(boost::asio::buffer(piece()), error);
    if (error == boost::asio::error::would_block) return read();
    if (error) return fail(error);
    take(ByteView(piece()).first(size));
    if (!is_over) read();
  }
  void take(ByteView fresh) {
    if (unread.empty()) {
      const std::size_t taken = handler.consume(fresh);
      unread.assign(fresh.begin() + static_cast<std::ptrdiff_t>(taken), fresh.end());
      return;
    }
    unread.insert(unread.end(), fresh.begin(), fresh.end());
    const std::size_t taken = handler.consume(unread);
    unread.erase(unread.begin(), unread.begin() + static_cast<std::ptrdiff_t>(taken));
    if (unread.empty()) unread.shrink_to_fit();
  }

  void write() {
    if (is_waiting || is_over) return;
    while (sent < out.size()) {
      error_code error;
      sent += socket.write_some(boost::asio::buffer(out.data() + sent, out.size() - sent), error);
      if (error == boost::asio::error::would_block) return write_later();
      if (error) return fail(error);
    }
    out.clear();
    sent = 0;
    if (out.capacity() > kPiece) out.shrink_to_fit();
  }
  void write_later() {
    is_waiting = true;
    socket.async_wait(tcp::socket::wait_write, [self = shared_from_this()](const error_code& error) {
      self->is_waiting = false;
      if (self->is_over) return;
      if (error) return self->fail(error);
      self->write();
    });
  }
};

Stream::Stream(boost::asio::io_context& io, std::uint16_t port, Handler handler)
    : Stream(connect(io, port), std::move(handler)) {}

Stream::Stream(tcp::socket socket, Handler handler)
    : state_(std::make_shared<State>(std::move(socket), std::move(handler))) {
  state_->read();
}

Stream::~Stream() {
  state_->is_over = true;
  error_code ignored;
  state_->socket.close(ignored);
}

void Stream::add(std::string_view text) { add(anochat::as_bytes(text)); }
void Stream::add(ByteView bytes) { state_->out.insert(state_->out.end(), bytes.begin(), bytes.end()); }
void Stream::flush() { state_->write(); }

}  // namespace load
