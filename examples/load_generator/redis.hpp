// redis.hpp - redis-server as a peer to compare with: a stream for each lane, through its own protocol.
#pragma once

#include "lane.hpp"

namespace load {

/// Messages go in with XADD and stay until the receiver has said XACK and XDEL. kept: memory, or disk with an
/// append-only file and "appendfsync always", which is on the disk before XADD is answered.
[[nodiscard]] std::unique_ptr<Party> make_redis(IoContext& io, Kept kept, const std::filesystem::path& folder);

}  // namespace load
