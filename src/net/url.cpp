#include <anochat/base/error.hpp>
#include <anochat/net/url.hpp>

#include <algorithm>
#include <charconv>

namespace anochat {
namespace {

constexpr std::size_t kMaxUrlLen = 2'048;  // bytes
constexpr std::size_t kMaxHostLen = 253;   // bytes of a DNS name
constexpr std::string_view kHostChars = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
constexpr std::string_view kAddressChars = "abcdefABCDEF0123456789.:";

[[noreturn]] void refuse() { throw Error(Errc::invalid_argument, "net.url"); }

std::uint16_t default_port(std::string_view scheme) {
  if (scheme == "wss") return 443;
  if (scheme == "ws" || scheme == "http") return 80;
  refuse();
}

std::uint16_t read_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port == 0) refuse();
  return port;
}

bool consists_of(std::string_view text, std::string_view allowed) {
  return !text.empty() && text.find_first_not_of(allowed) == std::string_view::npos;
}

/// Takes "host[:port]" or "[address][:port]" apart.
void read_authority(std::string_view text, Url& url) {
  std::string_view host;
  std::string_view rest;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) refuse();
    host = text.substr(1, end - 1);
    rest = text.substr(end + 1);
    if (!consists_of(host, kAddressChars) || host.find(':') == std::string_view::npos) refuse();
  } else {
    const std::size_t end = std::min(text.find(':'), text.size());
    host = text.substr(0, end);
    rest = text.substr(end);
    if (!consists_of(host, kHostChars)) refuse();
  }
  if (host.size() > kMaxHostLen) refuse();
  url.host = host;
  url.port = default_port(url.scheme);
  if (rest.empty()) return;
  if (!rest.starts_with(':')) refuse();
  url.port = read_port(rest.substr(1));
}

}  // namespace

Url parse_url(std::string_view text) {
  if (text.size() > kMaxUrlLen) refuse();
  const std::size_t scheme_end = text.find("://");
  if (scheme_end == std::string_view::npos) refuse();
  Url url;
  for (const char c : text.substr(0, scheme_end)) url.scheme += static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  const std::string_view rest = text.substr(scheme_end + 3);
  const std::size_t path_begin = std::min(rest.find('/'), rest.size());
  read_authority(rest.substr(0, path_begin), url);
  if (path_begin == rest.size()) return url;
  url.path = rest.substr(path_begin);
  const bool is_good =
      std::all_of(url.path.begin(), url.path.end(), [](char c) { return c > ' ' && c < 0x7f && c != '?' && c != '#'; });
  if (!is_good) refuse();
  return url;
}

bool Url::is_loopback() const noexcept {
  if (host == "localhost" || host == "::1") return true;
  const bool has_digits = consists_of(host, "0123456789.") && std::count(host.begin(), host.end(), '.') == 3;
  return has_digits && host.starts_with("127.");
}

}  // namespace anochat
