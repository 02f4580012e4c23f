// stats - figures that never leave this device.
#include "../contact_book.hpp"
#include "commands.hpp"

#include <algorithm>

namespace cli {

using namespace anochat;

namespace {

constexpr int kDays = 14;

std::int64_t total(const storage::Records& records, storage::Metric metric, std::chrono::sys_days from,
                   std::chrono::sys_days until) {
  std::int64_t sum = 0;
  for (const storage::DailyFigure& figure : records.stats.daily(metric, std::nullopt, from, until)) sum += figure.value;
  return sum;
}

void show_busiest(const Context& context, const storage::Records& records, std::chrono::sys_days from) {
  for (const auto& [conversation, count] : records.stats.top(storage::Metric::received, from, 3)) {
    const auto found = records.conversations.find(conversation);
    if (!found) continue;
    const std::string name = name_of(records, peer_of(*found));
    context.out.row(Json().add("type", "busiest").add("name", name).add("received", count));
    context.out.line("  from " + name + ": " + std::to_string(count));
  }
}

}  // namespace

ExitCode run_stats(const Context& context) {
  const Client client = context.open();
  const storage::Snapshot now = client.snapshot();
  const storage::StoreTotals totals = now->stats.totals();
  const std::int64_t contacts =
      totals.contacts - (now->contacts.find(client.account()) ? 1 : 0);  // oneself is no contact
  const auto until = std::chrono::floor<std::chrono::days>(SystemClock().now()) + std::chrono::days(1);
  const auto from = until - std::chrono::days(kDays);
  const std::int64_t sent = total(*now, storage::Metric::sent, from, until);
  const std::int64_t received = total(*now, storage::Metric::received, from, until);
  const std::int64_t failures = total(*now, storage::Metric::decrypt_failures, from, until);
  context.out.row(Json()
                      .add("type", "stats")
                      .add("conversations", totals.conversations)
                      .add("messages", totals.messages)
                      .add("contacts", contacts)
                      .add("waiting_to_go_out", totals.outbox)
                      .add("sent_14_days", sent)
                      .add("received_14_days", received)
                      .add("unopened_14_days", failures));
  const auto line = [&](std::string_view label, std::int64_t value) {
    const std::string number = std::to_string(value);
    context.out.line(std::string(label) + std::string(24 - label.size(), ' ') +
                     std::string(9 - std::min<std::size_t>(9, number.size()), ' ') + number);
  };
  line("conversations", totals.conversations);
  line("contacts", contacts);
  line("messages", totals.messages);
  line("waiting to go out", totals.outbox);
  context.out.line(context.out.paint(Colour::dim, "in the last 14 days"));
  line("sent", sent);
  line("received", received);
  line("could not be opened", failures);
  show_busiest(context, *now, from);
  return ExitCode::success;
}

}  // namespace cli
