// Addresses of relays and proxies, out of a configuration or an invite.
#include <anochat/net/url.hpp>

#include "fuzz/fuzz.hpp"

#include <string>

using namespace anochat;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static_cast<void>(fuzz::accepts({Errc::invalid_argument}, [data, size] {
    const Url url = parse_url(as_text({data, size}));
    fuzz::require(url.port != 0 && !url.host.empty() && url.host.size() <= 253, "a host and a port");
    const std::string all = url.scheme + url.host + url.path;
    for (const char c : all) fuzz::require(c > ' ' && c < 0x7f, "no line end gets into a request");
    const bool is_ipv6 = url.host.find(':') != std::string::npos;
    const std::string host = is_ipv6 ? "[" + url.host + "]" : url.host;
    const Url again = parse_url(url.scheme + "://" + host + ":" + std::to_string(url.port) + url.path);
    fuzz::require(again.scheme == url.scheme && again.host == url.host && again.port == url.port &&
                      again.path == url.path && again.is_loopback() == url.is_loopback(),
                  "an address has one meaning");
  }));
  return 0;
}
