// net/connector.hpp - from a name to a connected byte stream: look-up, TCP, proxy, TLS.
#pragma once

#include <anochat/net/transport.hpp>
#include <anochat/net/url.hpp>

#include "net/byte_stream.hpp"
#include "net/tls.hpp"

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace anochat::net {

struct Route {
  Url url;
  std::optional<Url> proxy;
  std::shared_ptr<asio::ssl::context> tls;  ///< nullptr: plain
  std::vector<Pin> pins;
  bool allow_plain = false;
};

/// One attempt. Destroying the last handle does not end it: cancel() does.
class Connector : public std::enable_shared_from_this<Connector> {
 public:
  using Done = std::function<void(std::optional<ByteStream> stream, const ConnectionFailure& why)>;

  Connector(const asio::any_io_executor& executor, const Route& route);
  /// `done` is called once, later, unless it is cancelled before.
  void start(Done done);
  void cancel() noexcept;

 private:
  using Error = boost::system::error_code;
  static constexpr std::size_t kMaxProxyAnswer = 8'192;  // bytes

  void connect(const tcp::resolver::results_type& found);
  void ask_proxy();
  void read_proxy_answer();
  void take_proxy_answer();
  void shake_hands();
  void succeed();
  void fail(const ConnectionFailure& why);

  const Route& route_;
  tcp::resolver resolver_;
  std::optional<tcp::socket> socket_;
  std::optional<ByteStream> stream_;
  std::string text_;  // to and from the proxy
  std::array<char, 512> piece_{};
  Done done_;
};

}  // namespace anochat::net
