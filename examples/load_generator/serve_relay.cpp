#include <anochat/server/relay_server.hpp>

#include "relay.hpp"

#include <pthread.h>

#include <csignal>
#include <cstdio>

namespace load {
namespace {

anochat::RelayServerOptions server_options(const std::string& store) {
  anochat::RelayServerOptions options;
  options.store_file = store;
  anochat::RelayOptions& relay = options.relay;
  const anochat::Rate all{1e12, 1e12};
  for (anochat::Rate* rate : {&relay.frames, &relay.bytes, &relay.submissions, &relay.account_submissions,
                              &relay.address_connections, &relay.address_registrations, &relay.logins}) {
    *rate = all;
  }
  relay.mailbox = {1'000'000, std::size_t{1} << 32};
  return options;
}

}  // namespace

void serve_relay(const std::string& store) {
  sigset_t end;
  sigemptyset(&end);
  sigaddset(&end, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &end, nullptr);  // before the server's thread begins, which inherits it
  anochat::RelayServer server(server_options(store));
  std::printf("%u\n", server.port());
  std::fflush(stdout);
  int signal = 0;
  sigwait(&end, &signal);
  server.stop();
}

}  // namespace load
