#include "server/pages.hpp"

#include <string>

namespace anochat::server {
namespace {

constexpr const char* kPlain = "text/plain; charset=utf-8";
constexpr const char* kPrometheus = "text/plain; version=0.0.4; charset=utf-8";

struct Row {
  const char* name;
  const char* kind;
  const char* help;
  std::uint64_t value;
};

std::string sockets_text(const ListenerCounts& counts) {
  const Row rows[] = {
      {"open", "gauge", "WebSocket connections", counts.open},
      {"handshaking", "gauge", "connections that are not open yet", counts.handshaking},
      {"partial_bytes", "gauge", "held for frames that have not arrived whole", counts.partial_bytes},
      {"accepted_total", "counter", "connections", counts.accepted},
      {"refused_total", "counter", "connections that were too many", counts.refused},
      {"handshakes_failed_total", "counter", "connections that never opened", counts.handshakes_failed},
      {"timed_out_total", "counter", "connections that were too slow or silent", counts.timed_out},
      {"bad_input_total", "counter", "connections closed for what they sent", counts.bad_input},
      {"http_requests_total", "counter", "plain GET requests", counts.http_requests},
  };
  std::string out;
  for (const Row& row : rows) {
    const std::string name = std::string("anochat_relay_sockets_") + row.name;
    out.append("# HELP ").append(name).append(" ").append(row.help).append("\n");
    out.append("# TYPE ").append(name).append(" ").append(row.kind).append("\n");
    out.append(name).append(" ").append(std::to_string(row.value)).append("\n");
  }
  return out;
}

}  // namespace

HttpAnswer answer_page(const HttpRequest& request, const Relay& relay, const ListenerCounts& counts,
                       MetricsAccess access) {
  if (request.target == "/healthz") return {200, kPlain, "ok\n"};
  if (request.target == "/readyz") {
    return relay.is_ready() ? HttpAnswer{200, kPlain, "ready\n"} : HttpAnswer{503, kPlain, "not ready\n"};
  }
  if (request.target != "/metrics") return {404, kPlain, "not found\n"};
  const bool is_allowed =
      access == MetricsAccess::everybody || (access == MetricsAccess::loopback && request.peer.is_loopback);
  if (!is_allowed) return {404, kPlain, "not found\n"};  // as if there were none
  return {200, kPrometheus, prometheus_text(relay.metrics()) + sockets_text(counts)};
}

}  // namespace anochat::server
