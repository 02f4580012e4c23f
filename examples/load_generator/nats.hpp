// nats.hpp - nats-server as a peer to compare with, through its text protocol.
#pragma once

#include "lane.hpp"

namespace load {

/// kept: nowhere, core publish and subscribe, at most once; memory or file, a JetStream stream for each lane, of the
/// kind that deletes what its one consumer has acknowledged. Its files are written by the system when it likes:
/// version 2.9 calls fsync every two minutes.
[[nodiscard]] std::unique_ptr<Party> make_nats(IoContext& io, Kept kept, const std::filesystem::path& folder);

}  // namespace load
