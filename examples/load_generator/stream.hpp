// stream.hpp - a TCP connection to a server on this machine.
#pragma once

#include <anochat/base/bytes.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace load {

/// Reads whatever comes and writes what has gathered. Nothing is told any more once it is destroyed.
class Stream {
 public:
  struct Handler {
    /// Takes whole units from the front of what was read. @return bytes taken
    std::function<std::size_t(anochat::ByteView)> consume;
    std::function<void(const std::string&)> failed;
  };

  /// Connects before it returns, trying for five seconds: the server may be on its way.
  /// @throws std::runtime_error  nobody answers there
  Stream(boost::asio::io_context& io, std::uint16_t port, Handler handler);
  /// One that was accepted.
  Stream(boost::asio::ip::tcp::socket socket, Handler handler);
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  /// Gathers; flush() sends.
  void add(std::string_view text);
  void add(anochat::ByteView bytes);
  void flush();
  void send(std::string_view text) {
    add(text);
    flush();
  }

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace load
