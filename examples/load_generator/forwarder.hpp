// forwarder.hpp - the least that a server can do: pass length-prefixed messages on. Nothing is kept or confirmed.
#pragma once

#include "lane.hpp"

namespace load {

/// Serves one forwarder on a port of its own, which it prints, until the process is ended.
///
/// The first frame of a connection is 'R' and four bytes that name it, or 'S' and the name of who is written to. Every
/// later frame of a writer goes to that receiver.
void serve_forwarder();

[[nodiscard]] std::unique_ptr<Party> make_forwarder(IoContext& io, const std::string& own_program);

}  // namespace load
