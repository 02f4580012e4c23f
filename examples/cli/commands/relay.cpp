// relay serve - a blind relay in this process, for trying things out and for small groups.
#include <anochat/relay/json_log.hpp>
#include <anochat/server/relay_server.hpp>

#include "../stop_signal.hpp"
#include "commands.hpp"

#include <charconv>
#include <cstdio>
#include <memory>
#include <poll.h>

namespace cli {

using namespace anochat;

namespace {

/// "127.0.0.1:8080" or "[::1]:8080".
void set_address(ListenerOptions& listen, std::string_view text) {
  const std::size_t colon = text.rfind(':');
  std::string_view host = text.substr(0, colon == std::string_view::npos ? 0 : colon);
  const std::string_view port = text.substr(host.size() + (host.empty() && colon == std::string_view::npos ? 0 : 1));
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  const char* const end = port.data() + port.size();
  const auto [stop, error] = std::from_chars(port.data(), end, listen.port);
  if (host.empty() || port.empty() || error != std::errc() || stop != end) {
    throw Failure(ExitCode::usage, "This is no address to listen on.",
                  "--listen ADDRESS:PORT, such as 127.0.0.1:8080.");
  }
  listen.address = host;
}

RelayServerOptions options_of(const Context& context) {
  RelayServerOptions out;
  set_address(out.listen, context.args.listen);
  out.listen.certificate_file = context.args.certificate;
  out.listen.key_file = context.args.key;
  if (!context.args.name.empty()) out.relay.name = context.args.name;
  out.store_file = context.args.file;
  if (out.store_file.empty()) {
    context.profile.make_folders();
    out.store_file = (context.profile.data() / "relay.db").string();
  }
  return out;
}

std::string url_of(const RelayServerOptions& options, std::uint16_t port) {
  const bool is_v6 = options.listen.address.find(':') != std::string::npos;
  const std::string host = is_v6 ? "[" + options.listen.address + "]" : options.listen.address;
  return (options.listen.certificate_file.empty() ? "ws://" : "wss://") + host + ":" + std::to_string(port);
}

std::unique_ptr<RelayServer> start(const RelayServerOptions& options) {
  try {
    return std::make_unique<RelayServer>(options);
  } catch (const Error& error) {
    switch (error.code()) {
      case Errc::invalid_argument:
        throw Failure(ExitCode::usage, "These options make no relay.",
                      "Beyond this machine's loopback it needs TLS: --certificate and --key.");
      case Errc::network_failed:
        throw Failure(ExitCode::network, "This address and port cannot be listened on.",
                      "Another program may have them. Take another port, or 0 for a free one.");
      case Errc::tls_failed:
        throw Failure(ExitCode::tls, "The certificate or its key cannot be used.",
                      "Both must be PEM files and belong together.");
      case Errc::store_busy:
        throw Failure(ExitCode::store, "Another relay has this database open.",
                      "Stop it, or name another file with --database.");
      default:
        throw;
    }
  }
}

}  // namespace

ExitCode run_relay(const Context& context) {
  RelayServerOptions options = options_of(context);
  catch_stop_signals();
  const SystemClock clock;
  JsonLog log(clock, [](std::string_view line) {
    std::fwrite(line.data(), 1, line.size(), stderr);
    std::fflush(stderr);
  });
  options.log = &log;
  const std::unique_ptr<RelayServer> server = start(options);
  const std::string url = url_of(options, server->port());
  context.out.row(
      Json().add("type", "relay").add("url", url).add("port", int{server->port()}).add("database", options.store_file));
  context.out.line("The relay listens at " + url + " and keeps what waits in " + options.store_file);
  pollfd stop{stop_descriptor(), POLLIN, 0};
  while (!is_stopping()) ::poll(&stop, 1, -1);
  server->drain(std::chrono::seconds(1), std::chrono::seconds(3));
  server->stop();
  context.out.line("The relay has stopped.");
  return ExitCode::success;
}

}  // namespace cli
