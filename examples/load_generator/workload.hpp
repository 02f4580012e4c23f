// workload.hpp - what is done to a server, and what came of it.
#pragma once

#include "lane.hpp"

#include <chrono>
#include <cstddef>

namespace load {

struct Throughput {
  std::size_t message_bytes = 256;
  std::size_t in_frame = 1;      ///< messages of one frame or write
  std::size_t pairs = 1;         ///< senders, each with a receiver of its own
  std::size_t in_flight = 4096;  ///< messages sent and not yet delivered, of all pairs together
  std::chrono::milliseconds warm_up{500};
  std::chrono::milliseconds time{3'000};
};

struct ThroughputFigures {
  double messages_per_second = 0;
  double server_us = 0;     ///< CPU time of the server's process for each message
  double server_share = 0;  ///< of one processor
  double client_share = 0;  ///< of this program, senders and receivers together
};

/// Keeps `in_flight` messages under way. Every message is checked: each arrives once, in its order, and is accepted.
/// @throws std::runtime_error  a message was lost, repeated, changed or refused, or a connection ended
[[nodiscard]] ThroughputFigures measure_throughput(IoContext& io, Party& party, const Throughput& work);

struct Latency {
  std::size_t message_bytes = 256;
  std::size_t pairs = 16;
  double messages_per_second = 2'000;
  std::chrono::milliseconds warm_up{500};
  std::chrono::milliseconds time{5'000};
};

struct LatencyFigures {
  double p50_ms = 0;
  double p99_ms = 0;
};

/// Sends single messages at a fixed rate and counts from the moment when each was due, so that a server that stalls
/// does not hide it.
/// @throws as measure_throughput()
[[nodiscard]] LatencyFigures measure_latency(IoContext& io, Party& party, const Latency& work);

/// Opens connections that wait for messages. @return bytes of the server's resident memory for each
/// @throws as measure_throughput()
[[nodiscard]] double measure_idle(IoContext& io, Party& party, std::size_t connections);

}  // namespace load
