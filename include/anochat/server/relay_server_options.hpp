// anochat/server/relay_server_options.hpp - what the owner of a relay server may choose.
#pragma once

#include <anochat/base/clock.hpp>
#include <anochat/base/log.hpp>
#include <anochat/base/random.hpp>
#include <anochat/net/web_socket_listener.hpp>
#include <anochat/relay/blob_store.hpp>
#include <anochat/relay/directory.hpp>
#include <anochat/relay/presence.hpp>
#include <anochat/relay/rate_limiter.hpp>
#include <anochat/relay/relay_options.hpp>
#include <anochat/relay/relay_store.hpp>
#include <anochat/relay/wakeup.hpp>

#include <chrono>
#include <cstdint>
#include <string>

namespace anochat {

/// Who may read /metrics. It holds sums only, but they say how busy the relay is.
enum class MetricsAccess : std::uint8_t { nobody, loopback, everybody };

struct RelayServerOptions {
  ListenerOptions listen{};  ///< `connections` is taken from `relay`
  bool allow_plain = false;  ///< listen without TLS on more than this machine's loopback: behind a proxy that has TLS
  RelayOptions relay{};
  /// A SQLite file, made when there is none; see SqliteRelayStore. Empty: everything is gone with the process.
  std::string store_file{};
  /// The same for sealed files; see SqliteBlobStore. Empty: store_file with ".files" at its end, or memory.
  std::string blob_file{};
  BlobLimits blob_limits{};  ///< in memory, all files together have 256 MiB at most
  MetricsAccess metrics = MetricsAccess::loopback;
  std::chrono::milliseconds tick{10};  ///< between two looks at deadlines and at other relays' wakes

  // Your own, to outlive the server; nullptr: the defaults of the relay layer, in this process. The server uses them in
  // its thread. A store of your own excludes store_file.
  RelayStore* store = nullptr;
  Directory* directory = nullptr;  ///< nullptr, and a store of your own: no handles
  BlobStore* blobs = nullptr;
  Presence* presence = nullptr;
  Wakeup* wakeup = nullptr;
  RateLimiter* limiter = nullptr;
  const Clock* clock = nullptr;  ///< nullptr: the machine's
  Random* random = nullptr;      ///< nullptr: the operating system's
  Log* log = nullptr;            ///< nullptr: silence
};

}  // namespace anochat
