#include <anochat/relay/relay_metrics.hpp>

#include <string_view>

namespace anochat {
namespace {

struct Row {
  std::string_view name;
  std::uint64_t RelayMetrics::*value;
  std::string_view help;
};

constexpr Row kGauges[] = {
    {"connections", &RelayMetrics::connections, "Open connections."},
    {"online_devices", &RelayMetrics::online_devices, "Devices that are logged in."},
};

constexpr Row kCounters[] = {
    {"connections_opened", &RelayMetrics::connections_opened, "Connections opened."},
    {"connections_refused", &RelayMetrics::connections_refused, "Connections refused because there were too many."},
    {"displaced", &RelayMetrics::displaced, "Connections closed for a newer one of the same device."},
    {"timed_out", &RelayMetrics::timed_out, "Connections closed for silence or a missing login."},
    {"frames_received", &RelayMetrics::frames_received, "Frames received."},
    {"received_bytes", &RelayMetrics::bytes_received, "Bytes of frames received."},
    {"frames_sent", &RelayMetrics::frames_sent, "Frames sent."},
    {"sent_bytes", &RelayMetrics::bytes_sent, "Bytes of frames sent."},
    {"malformed", &RelayMetrics::malformed, "Frames that could not be read."},
    {"rate_limited", &RelayMetrics::rate_limited, "Frames and submissions refused for their rate."},
    {"registrations", &RelayMetrics::registrations, "Devices registered."},
    {"logins", &RelayMetrics::logins, "Logins."},
    {"logins_refused", &RelayMetrics::logins_refused, "Logins refused."},
    {"submissions", &RelayMetrics::submissions, "Envelopes stored."},
    {"repetitions", &RelayMetrics::repetitions, "Envelopes that were already there."},
    {"first_contacts", &RelayMetrics::first_contacts, "Envelopes stored without a delivery token."},
    {"unauthorised", &RelayMetrics::unauthorised, "Submissions with a wrong token or to nobody."},
    {"mailbox_full", &RelayMetrics::mailbox_full, "Submissions refused by a full mailbox."},
    {"delivered", &RelayMetrics::delivered, "Envelopes handed out."},
    {"acknowledged", &RelayMetrics::acknowledged, "Envelopes acknowledged."},
    {"expired", &RelayMetrics::expired, "Rows dropped because their time was over."},
    {"signals", &RelayMetrics::signals, "Ephemeral envelopes passed on."},
    {"signals_dropped", &RelayMetrics::signals_dropped, "Ephemeral envelopes that found nobody."},
    {"fetched_accounts", &RelayMetrics::fetched_accounts, "Accounts fetched."},
    {"one_time_bundles", &RelayMetrics::one_time_used, "Bundles with one-time prekeys handed out."},
    {"last_resort_bundles", &RelayMetrics::last_resort_used, "Bundles with last-resort prekeys handed out."},
    {"handles_claimed", &RelayMetrics::handles_claimed, "Handles claimed."},
    {"handle_lookups", &RelayMetrics::handle_lookups, "Handles asked for."},
    {"blobs_begun", &RelayMetrics::blobs_begun, "Files begun."},
    {"commits", &RelayMetrics::commits, "Groups committed."},
    {"commit_failures", &RelayMetrics::commit_failures, "Groups that the store could not take."},
};

void add(std::string& text, const Row& row, std::string_view suffix, std::string_view type,
         const RelayMetrics& metrics) {
  const std::string name = std::string("anochat_relay_").append(row.name).append(suffix);
  text.append("# HELP ").append(name).append(" ").append(row.help).append("\n");
  text.append("# TYPE ").append(name).append(" ").append(type).append("\n");
  text.append(name).append(" ").append(std::to_string(metrics.*row.value)).append("\n");
}

}  // namespace

std::string prometheus_text(const RelayMetrics& metrics) {
  std::string text;
  for (const Row& row : kGauges) add(text, row, "", "gauge", metrics);
  for (const Row& row : kCounters) add(text, row, "_total", "counter", metrics);
  return text;
}

}  // namespace anochat
