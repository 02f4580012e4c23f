// anochat_relay_server - a blind relay as a process: a configuration file, signals, a log of JSON lines on stderr.
//
// SIGTERM and SIGINT: takes nobody new, tells everybody when to come back, and ends with 0. A second one ends at once.
#include <anochat/base/error.hpp>
#include <anochat/base/version.hpp>
#include <anochat/relay/json_log.hpp>
#include <anochat/server/relay_server.hpp>

#include "configuration.hpp"

#include <CLI/CLI.hpp>
#include <pthread.h>

#include <csignal>
#include <cstdio>
#include <exception>
#include <iostream>
#include <optional>
#include <string>

namespace {

constexpr int kFailed = 1;
constexpr int kBadUsage = 2;

struct Flags {
  std::string config;
  std::optional<std::string> address;
  std::optional<std::uint16_t> port;
  std::optional<std::string> store;
  std::optional<std::string> name;
  bool only_checks = false;
};

void declare(CLI::App& app, Flags& flags) {
  app.set_version_flag("--version", std::string("anochat_relay_server ") + std::string(anochat::kVersion));
  app.add_option("-c,--config", flags.config, "configuration file; relay.toml lists every key");
  app.add_option("--address", flags.address, "address to listen on");
  app.add_option("--port", flags.port, "port to listen on; 0: any, the log says which");
  app.add_option("--store", flags.store, "SQLite file; without one everything is gone with the process");
  app.add_option("--name", flags.name, "the name by which clients know this relay");
  app.add_flag("--check", flags.only_checks, "read the configuration, say whether it is good, and end");
}

Configuration configuration(const Flags& flags) {
  Configuration out;
  if (!flags.config.empty()) read_configuration(flags.config, out);
  if (flags.address) out.server.listen.address = *flags.address;
  if (flags.port) out.server.listen.port = *flags.port;
  if (flags.store) out.server.store_file = *flags.store;
  if (flags.name) out.server.relay.name = *flags.name;
  return out;
}

/// The signals that end us. They are blocked before any thread is made, so that only wait() gets them.
class EndSignals {
 public:
  EndSignals() {
    sigemptyset(&set_);
    sigaddset(&set_, SIGTERM);
    sigaddset(&set_, SIGINT);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
  }
  void wait() {
    int signal = 0;
    while (sigwait(&set_, &signal) != 0) {
    }
    pthread_sigmask(SIG_UNBLOCK, &set_, nullptr);  // the next one ends the process as usual
  }

 private:
  sigset_t set_{};
};

/// What an owner can do about a server that does not start.
std::string advice_on(const anochat::Error& error, const anochat::RelayServerOptions& options) {
  const std::string where = options.listen.address + ":" + std::to_string(options.listen.port);
  switch (error.code()) {
    case anochat::Errc::network_failed:
      return "cannot listen on " + where + ": is it an address of this machine, and does another program have the port?";
    case anochat::Errc::store_busy:
      return "another relay has " + options.store_file + " open";
    case anochat::Errc::tls_failed:
      return "the certificate or its key cannot be used: both must be PEM files and belong together";
    case anochat::Errc::invalid_argument:
      return "cannot listen on " + where + " like this: without a certificate a relay listens on loopback only, unless "
             "allow_plain says otherwise";
    default:
      return error.what();
  }
}

int serve(const Configuration& chosen) {
  EndSignals signals;
  const anochat::SystemClock clock;
  anochat::JsonLog log(
      clock, [](std::string_view line) { std::fwrite(line.data(), 1, line.size(), stderr); }, chosen.log_level);
  anochat::RelayServerOptions options = chosen.server;
  options.log = &log;
  anochat::RelayServer server(options);
  signals.wait();
  const bool are_gone = server.drain(chosen.come_back, chosen.drain_deadline);
  if (!are_gone)
    log.warning("relay.drain_timed_out", {{"connections", static_cast<std::int64_t>(server.counts().open)}});
  server.stop();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("A blind relay for AnoChat: it passes sealed envelopes on and cannot read them.");
  Flags flags;
  declare(app, flags);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kBadUsage;  // 0 after --help and --version
  }
  try {
    const Configuration chosen = configuration(flags);
    if (flags.only_checks) {
      std::cout << "the configuration is good\n";
      return 0;
    }
    try {
      return serve(chosen);
    } catch (const anochat::Error& error) {
      std::cerr << "anochat_relay_server: " << advice_on(error, chosen.server) << '\n';
      return kFailed;
    }
  } catch (const BadConfiguration& error) {
    std::cerr << "anochat_relay_server: " << error.what() << '\n';
    return kBadUsage;
  } catch (const std::exception& error) {
    std::cerr << "anochat_relay_server: " << error.what() << '\n';
    return kFailed;
  }
}
