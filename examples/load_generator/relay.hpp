// relay.hpp - the relay under test.
#pragma once

#include "lane.hpp"

namespace load {

/// Serves one relay on a port of its own, which it prints, until SIGTERM. Its limits on rates are off, because a
/// handful of senders stand for many; everything else is as in any relay.
/// @param store  a SQLite file; empty: memory
void serve_relay(const std::string& store);

/// Senders speak relay frames without a login, as a client may that has a delivery token; receivers log in, publish
/// their account and acknowledge what they get. Nothing is encrypted: it is the relay that is measured.
[[nodiscard]] std::unique_ptr<Party> make_relay(IoContext& io, Kept kept, const std::string& own_program,
                                                const std::filesystem::path& folder);

}  // namespace load
