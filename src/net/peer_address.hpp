// net/peer_address.hpp - what a server may know of where a connection comes from.
#pragma once

#include <anochat/net/web_socket_listener.hpp>

#include <boost/asio/ip/address.hpp>

#include <algorithm>

namespace anochat::net {

/// The first 24 bits of an IPv4 address, the first 56 of an IPv6 address; mapped IPv4 is IPv4.
[[nodiscard]] inline PeerAddress peer_address(boost::asio::ip::address address) {
  namespace ip = boost::asio::ip;
  if (address.is_v6() && address.to_v6().is_v4_mapped()) address = ip::make_address_v4(ip::v4_mapped, address.to_v6());
  PeerAddress out;
  out.is_loopback = address.is_loopback();
  const auto keep = [&out](std::uint8_t kind, const auto& bytes, std::size_t count) {
    out.address_class.push_back(kind);
    out.address_class.insert(out.address_class.end(), bytes.begin(),
                             bytes.begin() + static_cast<std::ptrdiff_t>(count));
  };
  if (address.is_v4()) {
    keep(4, address.to_v4().to_bytes(), 3);
  } else {
    keep(6, address.to_v6().to_bytes(), 7);
  }
  return out;
}

}  // namespace anochat::net
