// echo_server - an endpoint that answers every message with the same text, encrypted, in two ways:
//
//   echo_server relay   as an account at a relay, like any contact      (ClientDriver does everything)
//   echo_server listen  on a TCP port, without any relay                (a Session for each connection)
//   echo_server ask     the other end of "listen", for trying it out
#include <anochat/base/error.hpp>

#include "direct_client.hpp"
#include "direct_server.hpp"
#include "options.hpp"
#include "relay_bot.hpp"
#include "stop.hpp"

#include <csignal>
#include <cstdio>
#include <exception>

namespace {

constexpr const char* kUsage =
    "usage: echo_server relay --relay URL --store FILE --key-file FILE [--ca-file FILE]\n"
    "       echo_server listen --identity FILE [--address 127.0.0.1] [--port N]\n"
    "       echo_server ask --to ano1....1 [--address 127.0.0.1] --port N TEXT ...\n"
    "\n"
    "--key-file   32 random bytes that open the store: head -c 32 /dev/urandom >FILE; chmod 600 FILE\n"
    "--identity   the server's private keys, made when there is no such file; for your eyes only\n";

int run(const Options& options) {
  if (options.mode == "relay") return run_relay_bot(options);
  if (options.mode == "listen") return run_direct_server(options);
  return run_direct_client(options);
}

}  // namespace

int main(int argc, char** argv) {
  const auto options = read_options(argc, argv);
  if (!options) {
    std::fputs(kUsage, stderr);
    return 2;
  }
  std::signal(SIGPIPE, SIG_IGN);
  catch_stop_signals();
  try {
    return run(*options);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "echo_server: %s\n", error.what());
    return 1;
  }
}
