// A client that keeps itself connected.
#include "messenger.hpp"

using namespace anochat;
using namespace anochat::c;

namespace {

#if defined(ANOCHAT_C_NETWORK)

static_assert(static_cast<int>(ConnectionState::Phase::stopped) == ANOCHAT_PHASE_STOPPED);

constexpr std::size_t kMostUrl = 2'048;  // bytes

std::chrono::milliseconds time_or(std::uint32_t ms, std::chrono::milliseconds otherwise) {
  return ms == 0 ? otherwise : std::chrono::milliseconds(ms);
}

DriverOptions options_of(const anochat_network_options& from, const ClientObject& of) {
  DriverOptions to;
  if (from.relay == nullptr) refuse("options.relay", "is NULL");
  to.relay = text_in(from.relay, from.relay_len, kMostUrl, "options.relay");
  to.ca_file = text_in(from.ca_file, from.ca_file_len, kMostPath, "options.ca_file");
  if (from.pin != nullptr || from.pin_len != 0)
    to.pins.emplace_back(text_in(from.pin, from.pin_len, 256, "options.pin"));
  to.proxy = text_in(from.proxy, from.proxy_len, kMostUrl, "options.proxy");
  to.allow_plain = flag_in(from.allow_plain, "options.allow_plain");
  to.connect_timeout = time_or(from.connect_timeout_ms, to.connect_timeout);
  to.login_timeout = time_or(from.login_timeout_ms, to.login_timeout);
  to.keep_alive = time_or(from.keep_alive_ms, to.keep_alive);
  to.close_timeout = time_or(from.close_timeout_ms, to.close_timeout);
  to.random = of.world->random.get();
  to.log = of.log.get();
  return to;
}

std::shared_ptr<ClientDriver> driver_of(const anochat_client* client) {
  const Use<ClientObject> it(client, "client");
  if (!it->driver) throw Error(Errc::wrong_state, "call anochat_client_go_online() first");
  return it->driver;
}

#else

[[noreturn]] void no_network(const anochat_client* client) {
  static_cast<void>(Use<ClientObject>(client, "client"));
  throw Error(Errc::wrong_state, "this libanochat was built without its network level");
}

#endif

}  // namespace

anochat_status anochat_client_go_online(anochat_client* client, const anochat_network_options* options,
                                        anochat_error* error) {
  return guard(error, [&] {
    const anochat_network_options from = struct_in(options, "options");
#if defined(ANOCHAT_C_NETWORK)
    const Use<ClientObject> it(client, "client");
    Client& own = it->driven();
    const DriverOptions how = options_of(from, *it);
    it->driver = std::make_shared<ClientDriver>(std::move(own), how);
    it->client.reset();
#else
    static_cast<void>(from);
    no_network(client);
#endif
  });
}

anochat_status anochat_client_get_connection(const anochat_client* client, anochat_connection_state* state,
                                             anochat_error* error) {
  return guard(error, [&] {
    const StructOut<anochat_connection_state> out(state, "state");
    anochat_connection_state value{};
    value.phase = ANOCHAT_PHASE_SELF_DRIVEN;
    value.next_attempt_ms = -1;
    const Use<ClientObject> it(client, "client");
#if defined(ANOCHAT_C_NETWORK)
    if (it->driver) {
      const ConnectionState from = it->driver->state();
      value.phase = static_cast<std::int32_t>(from.phase);
      value.attempts = from.attempts;
      if (from.next_attempt) value.next_attempt_ms = from.next_attempt->count();
      if (from.failure) {
        value.failure = static_cast<anochat_status>(from.failure->code);
        const std::string& text = from.failure->text;
        std::copy_n(text.data(), std::min(text.size(), sizeof value.failure_text - 1), value.failure_text);
      }
    }
#endif
    out.set(value);
  });
}

anochat_status anochat_client_wait_online(anochat_client* client, uint32_t timeout_ms, int32_t* is_online,
                                          anochat_error* error) {
  return guard(error, [&] {
    not_null(is_online, "is_online");
#if defined(ANOCHAT_C_NETWORK)
    *is_online = driver_of(client)->wait_until_online(std::chrono::milliseconds(timeout_ms)) ? 1 : 0;
#else
    static_cast<void>(timeout_ms);
    no_network(client);
#endif
  });
}

anochat_status anochat_client_reconnect(anochat_client* client, anochat_error* error) {
  return guard(error, [&] {
#if defined(ANOCHAT_C_NETWORK)
    driver_of(client)->reconnect();
#else
    no_network(client);
#endif
  });
}
