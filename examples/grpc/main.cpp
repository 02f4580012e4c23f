// messenger_service - a client of the SDK as a gRPC service for programs of one's own, in any language.
//
//   messenger_service <relay> <store> <socket>
//
// It speaks in clear, so it listens on a Unix socket only: who may open the file may write in this account's name.
// MESSENGER_PASSPHRASE opens the store, which is made when it is not there.
#include <anochat/base/error.hpp>
#include <anochat/client/client.hpp>
#include <anochat/driver/client_driver.hpp>
#include <anochat/storage/key_provider.hpp>

#include "service.hpp"

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <string>
#include <sys/stat.h>

namespace {

using namespace anochat;

constexpr int kMostRequestBytes = 128 * 1024;

Client open_account(const std::string& store) {
  PassphraseKey key = passphrase_from_environment("MESSENGER_PASSPHRASE");
  ClientOptions options;
  options.allow_strangers = true;
  if (std::filesystem::exists(store)) return Client::open(Store::open(store, key), options);
  return Client::create(Store::create(store, key), options);
}

int serve(const std::string& relay, const std::string& store, const std::string& socket) {
  sigset_t stops;
  sigemptyset(&stops);
  sigaddset(&stops, SIGINT);
  sigaddset(&stops, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &stops, nullptr);  // before any thread is made: only sigwait() below sees them

  ClientDriver driver(open_account(store), {.relay = relay});
  Service service(driver);
  grpc::ServerBuilder builder;
  builder.SetMaxReceiveMessageSize(kMostRequestBytes);
  builder.AddListeningPort("unix:" + socket, grpc::InsecureServerCredentials());
  builder.RegisterService(&service);
  ::umask(077);  // the socket is its owner's
  const auto server = builder.BuildAndStart();
  if (!server) return std::fprintf(stderr, "messenger_service: cannot listen on %s\n", socket.c_str()), 1;
  std::puts("listening");
  std::fflush(stdout);

  int signal = 0;
  sigwait(&stops, &signal);
  service.stop();
  server->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(5));
  return 0;
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 4) return std::fputs("usage: messenger_service <relay> <store> <socket>\n", stderr), 2;
  return serve(argv[1], argv[2], argv[3]);
} catch (const std::exception& error) {
  return std::fprintf(stderr, "messenger_service: %s\n", error.what()), 1;
}
