// The head of a request as it came, and the relay's pages for whatever it asks.
#include <anochat/relay/relay.hpp>

#include "fuzz/fuzz.hpp"
#include "fuzz/relay_party.hpp"
#include "net/web_socket_stream.hpp"
#include "server/pages.hpp"

#include <string>

using namespace anochat;

namespace {

void check_page(const Relay& relay, const std::string& target, bool is_loopback, MetricsAccess access) {
  const HttpAnswer answer = server::answer_page({target, {Bytes(4, 1), is_loopback}}, relay, {}, access);
  const bool is_page = target == "/healthz" || target == "/readyz";
  const bool may_see_metrics = access == MetricsAccess::everybody || (access == MetricsAccess::loopback && is_loopback);
  const bool is_found = is_page || (target == "/metrics" && may_see_metrics);
  fuzz::require((answer.status == 404) != is_found, "three pages, and nothing else");
  fuzz::require(is_found || answer.body == "not found\n", "no page repeats what was asked");
  fuzz::require(answer.content_type.find_first_of("\r\n") == std::string::npos, "no line end in a header");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static testing::FuzzParty party(1);
  if (size == 0) return 0;
  const std::string_view text = as_text({data + 1, size - 1});
  const auto access = static_cast<MetricsAccess>(data[0] % 3);
  const bool is_loopback = (data[0] & 0x80) != 0;
  const auto head = net::parse_request_head(text);
  if (head) {
    fuzz::require(text.ends_with("\r\n\r\n") && text.size() <= 8'192, "a head has an end");
    fuzz::require(!head->target.empty() && head->target.size() < text.size(), "a request asks for something");
    for (const char c : head->target) fuzz::require(c != '\r' && c != '\n' && c != ' ', "one line asks");
    check_page(party.relay, head->target, is_loopback, access);
  }
  check_page(party.relay, std::string(text), is_loopback, access);
  return 0;
}
