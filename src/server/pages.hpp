// server/pages.hpp - the few HTTP pages of a relay.
#pragma once

#include <anochat/net/web_socket_listener.hpp>
#include <anochat/relay/relay.hpp>
#include <anochat/server/relay_server_options.hpp>

namespace anochat::server {

[[nodiscard]] HttpAnswer answer_page(const HttpRequest& request, const Relay& relay, const ListenerCounts& counts,
                                     MetricsAccess access);

}  // namespace anochat::server
