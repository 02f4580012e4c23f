// doctor - looks at everything that can be wrong, and says what it means and what to do.
#include "../contact_book.hpp"
#include "../message_view.hpp"
#include "../online.hpp"
#include "commands.hpp"

namespace cli {

using namespace anochat;

namespace {

constexpr int kMost = 10;  // failures or messages explained one by one

class Report {
 public:
  explicit Report(const Context& context) : context_(context) {}

  void good(std::string_view check, const std::string& text) { tell("ok", Colour::green, check, text, ""); }
  void bad(std::string_view check, const std::string& text, std::string_view advice) {
    tell("problem", Colour::red, check, text, advice);
    ++findings_;
  }
  [[nodiscard]] ExitCode end() const { return findings_ == 0 ? ExitCode::success : ExitCode::findings; }

 private:
  void tell(const char* result, Colour colour, std::string_view check, const std::string& text,
            std::string_view advice) const {
    context_.out.row(
        Json().add("type", "check").add("check", check).add("result", result).add("text", text).add("advice", advice));
    std::string mark(result);
    mark.resize(8, ' ');
    context_.out.line(context_.out.paint(colour, mark) + " " + text);
    if (!advice.empty()) context_.out.line("         " + std::string(advice));
  }

  const Context& context_;
  int findings_ = 0;
};

void check_files(const Context& context, Report& report) {
  const auto open = context.profile.open_to_others();
  for (const auto& path : open) {
    report.bad("files", "Others on this machine may look at " + path.string() + ".", "chmod go-rwx that path.");
  }
  if (open.empty()) report.good("files", "The profile's files are for your eyes only.");
}

void check_store(Client& client, Report& report) {
  const storage::CheckReport found = client.store().check(storage::CheckDepth::quick);
  if (found.is_good()) {
    report.good("store", found.search_was_rebuilt ? "The store is whole; its search index was damaged and built anew."
                                                  : "The store is whole.");
  } else {
    report.bad("store", "The store is damaged.", "Export what can be read (anochat export), and start from that file.");
  }
  if (client.store().was_rolled_back()) {
    report.bad("store", "The store is an older copy of itself.", "Nothing to do: new sessions are made by themselves.");
  }
}

void check_contacts(const Client& client, Report& report) {
  for (const storage::Contact& contact : client.snapshot()->contacts.list()) {
    if (client.trust(contact.account) != TrustState::changed) continue;
    report.bad("contacts", "The keys of " + name_of(client, contact.account) + " have changed; nothing is sent there.",
               "Compare the safety number (anochat verify), then: anochat contacts accept CONTACT.");
  }
}

void check_messages(const Client& client, Report& report) {
  const storage::Snapshot now = client.snapshot();
  const auto waiting = now->messages.not_sent(kMost);
  for (const MessageHandle message : waiting) {
    const Explanation why = client.explain(message);
    report.bad("outgoing", "Message " + id_text(message) + ": " + why.text,
               why.will_be_retried ? "It goes out by itself with the next connection." : "Send it again.");
  }
  if (waiting.empty()) report.good("outgoing", "Every message that you wrote is at the relay or further.");

  const auto failures = now->decrypt_failures.latest(kMost);
  for (const storage::StoredFailure& failure : failures) {
    if (failure.repair == storage::Repair::repaired) continue;
    const std::string from = failure.sender ? " from " + name_of(*now, failure.sender->account) : "";
    report.bad("incoming", "A message" + from + " could not be opened: " + client.explain(failure.id).text,
               failure.repair == storage::Repair::requested ? "Wait: the sender was asked to send it again."
                                                            : "Ask the sender to send it again.");
  }
  if (failures.empty()) report.good("incoming", "Every message that came could be opened.");
}

void check_relay(const Context& context, Client client, Report& report) {
  if (context.settings().relay.empty()) {
    return report.bad("relay", "This profile has no relay.", "Give --relay, or write it into the settings file.");
  }
  try {
    Online online(context, std::move(client));
    online.require_online(context.args.patience());
    report.good("relay", "The relay answers and lets this device in.");
  } catch (const Failure& failure) {
    report.bad("relay", failure.what(), failure.advice());
  }
}

}  // namespace

ExitCode run_doctor(const Context& context) {
  Report report(context);
  Client client = context.open();
  check_files(context, report);
  check_store(client, report);
  check_contacts(client, report);
  check_messages(client, report);
  check_relay(context, std::move(client), report);
  return report.end();
}

}  // namespace cli
