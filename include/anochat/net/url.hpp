// anochat/net/url.hpp - the address of a relay or of a proxy.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace anochat {

/// scheme://host[:port][/path], without user, query and fragment.
struct Url {
  std::string scheme;  ///< lower case
  std::string host;    ///< a name or an address; an IPv6 address without its brackets
  std::uint16_t port = 0;
  std::string path = "/";

  /// The host is "localhost" or an address of this machine's loopback.
  [[nodiscard]] bool is_loopback() const noexcept;
};

/// Reads ws:// (port 80), wss:// (port 443) and http:// (port 80) addresses of at most 2,048 bytes.
/// @throws Error{Errc::invalid_argument}  anything else
[[nodiscard]] Url parse_url(std::string_view text);

}  // namespace anochat
