// The relay with a port.
#include "relaying.hpp"

#if defined(ANOCHAT_C_NETWORK)
#include <anochat/server/relay_server.hpp>
#endif

using namespace anochat;
using namespace anochat::c;

namespace {

struct ServerObject final : Object {
  using Handle = anochat_server;
  static constexpr Kind kKind = Kind::server;

#if defined(ANOCHAT_C_NETWORK)
  explicit ServerObject(RelayServerOptions options, std::unique_ptr<Log> to) : log(std::move(to)) {
    options.log = log.get();
    server = std::make_unique<RelayServer>(options);
  }
  void release() override { server.reset(); }

  std::unique_ptr<Log> log;
  std::unique_ptr<RelayServer> server;
#endif
};

#if defined(ANOCHAT_C_NETWORK)
std::unique_ptr<Log> options_of(const anochat_server_options& from, RelayServerOptions& to) {
  RelayChoice choice = relay_choice(from.relay);
  to.relay = choice.options;
  to.store_file = choice.store_path;
  to.allow_plain = flag_in(from.allow_plain, "allow_plain");
  if (from.address != nullptr || from.address_len != 0)
    to.listen.address = text_in(from.address, from.address_len, 64, "address");
  to.listen.certificate_file = text_in(from.certificate_file, from.certificate_file_len, kMostPath, "certificate_file");
  to.listen.key_file = text_in(from.key_file, from.key_file_len, kMostPath, "key_file");
  if (from.port > 65'535) refuse("port", "is above 65535");
  to.listen.port = static_cast<std::uint16_t>(from.port);
  return std::move(choice.log);
}
#else
[[noreturn]] void no_network() {
  throw Error(Errc::wrong_state, "this libanochat was built without its network level");
}
#endif

}  // namespace

anochat_status anochat_server_new(const anochat_server_options* options, anochat_server** server,
                                  anochat_error* error) {
  return guard(error, [&] {
    not_null(server, "server");
    const anochat_server_options from = struct_in(options, "options");
#if defined(ANOCHAT_C_NETWORK)
    RelayServerOptions chosen;
    std::unique_ptr<Log> log = options_of(from, chosen);
    *server = make_handle(std::make_shared<ServerObject>(std::move(chosen), std::move(log)));
#else
    static_cast<void>(from);
    no_network();
#endif
  });
}

anochat_status anochat_server_port(const anochat_server* server, uint32_t* port, anochat_error* error) {
  return guard(error, [&] {
    const Use<ServerObject> it(server, "server");
    not_null(port, "port");
#if defined(ANOCHAT_C_NETWORK)
    *port = it->server->port();
#endif
  });
}

anochat_status anochat_server_drain(anochat_server* server, uint32_t come_back_ms, uint32_t deadline_ms,
                                    int32_t* is_done, anochat_error* error) {
  return guard(error, [&] {
    const Use<ServerObject> it(server, "server");
    not_null(is_done, "is_done");
#if defined(ANOCHAT_C_NETWORK)
    using std::chrono::milliseconds;
    *is_done = it->server->drain(milliseconds(come_back_ms), milliseconds(deadline_ms)) ? 1 : 0;
#else
    static_cast<void>(come_back_ms);
    static_cast<void>(deadline_ms);
#endif
  });
}

anochat_status anochat_server_metrics(const anochat_server* server, anochat_buf* text, anochat_error* error) {
  return guard(error, [&] {
    const Use<ServerObject> it(server, "server");
    const BufOut out(text, "text");
#if defined(ANOCHAT_C_NETWORK)
    out.set(as_bytes(prometheus_text(it->server->metrics())));
#endif
  });
}

anochat_status anochat_server_free(anochat_server* server, anochat_error* error) {
  return guard(error, [&] { free_handle<ServerObject>(server, "server"); });
}
