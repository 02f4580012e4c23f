// anochat/relay/relay_metrics.hpp - what a relay counts: numbers only, of nobody in particular.
#pragma once

#include <cstdint>
#include <string>

namespace anochat {

struct RelayMetrics {
  // now
  std::uint64_t connections = 0;  ///< open
  std::uint64_t online_devices = 0;
  // since the start
  std::uint64_t connections_opened = 0;
  std::uint64_t connections_refused = 0;  ///< too many, of all or of one address class
  std::uint64_t displaced = 0;            ///< by a newer connection of the same device
  std::uint64_t timed_out = 0;            ///< no login, or silent
  std::uint64_t frames_received = 0;
  std::uint64_t bytes_received = 0;
  std::uint64_t frames_sent = 0;
  std::uint64_t bytes_sent = 0;
  std::uint64_t malformed = 0;     ///< frames that were none
  std::uint64_t rate_limited = 0;  ///< frames or submissions
  std::uint64_t registrations = 0;
  std::uint64_t logins = 0;
  std::uint64_t logins_refused = 0;
  std::uint64_t submissions = 0;     ///< envelopes stored
  std::uint64_t repetitions = 0;     ///< of envelopes that were already there
  std::uint64_t first_contacts = 0;  ///< accepted without a delivery token
  std::uint64_t unauthorised = 0;    ///< submissions with a wrong token or to nobody
  std::uint64_t mailbox_full = 0;
  std::uint64_t delivered = 0;  ///< envelopes handed to a connection, again after each reconnect
  std::uint64_t acknowledged = 0;
  std::uint64_t expired = 0;          ///< rows
  std::uint64_t signals = 0;          ///< ephemeral envelopes passed on
  std::uint64_t signals_dropped = 0;  ///< nobody there, or too slow
  std::uint64_t fetched_accounts = 0;
  std::uint64_t one_time_used = 0;     ///< bundles
  std::uint64_t last_resort_used = 0;  ///< bundles
  std::uint64_t handles_claimed = 0;
  std::uint64_t handle_lookups = 0;
  std::uint64_t blobs_begun = 0;
  std::uint64_t commits = 0;
  std::uint64_t commit_failures = 0;
};

/// The Prometheus text format, version 0.0.4: names begin with anochat_relay_, no labels.
[[nodiscard]] std::string prometheus_text(const RelayMetrics& metrics);

}  // namespace anochat
