// client/link.hpp - the conversation with the relay: login, requests, answers.
#pragma once

#include <anochat/base/bytes.hpp>
#include <vector>

namespace anochat::client {

struct Engine;

void link_connected(Engine& engine);
void link_disconnected(Engine& engine);
/// @throws Error{Errc::bad_message}, Error{Errc::too_large}  not a relay frame
void link_receive(Engine& engine, ByteView frame);
[[nodiscard]] std::vector<Bytes> link_outgoing(Engine& engine);

}  // namespace anochat::client
