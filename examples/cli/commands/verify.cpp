// verify - the safety number: that nobody sits between this account and a contact.
#include "../contact_book.hpp"
#include "../online.hpp"
#include "../qr.hpp"
#include "commands.hpp"

namespace cli {

using namespace anochat;

namespace {

std::optional<SafetyNumber> known_number(const Client& client, const AccountId& contact) {
  try {
    return client.safety_number(contact);
  } catch (const Error& error) {
    if (error.code() != Errc::not_found) throw;
    return std::nullopt;  // its keys were not fetched yet
  }
}

SafetyNumber fetched_number(Online& online, const Context& context, const AccountId& contact) {
  std::optional<SafetyNumber> number;
  const auto is_done = [&] {
    number = online.driver().with([&](Client& client) { return known_number(client, contact); });
    return number.has_value();
  };
  context.out.note("asking the relay for the contact's keys ...");
  if (online.run(context.args.patience(), is_done) == Online::End::done) return *number;
  if (online.driver().state().phase != ConnectionState::Phase::online) throw online.why_offline();
  throw Failure(ExitCode::not_found, "The relay does not know this contact's keys yet.",
                "The contact has to connect to the same relay once. Is it allowed (anochat contacts)?");
}

void show(const Context& context, const SafetyNumber& number, std::string_view name, TrustState trust) {
  context.out.row(Json()
                      .add("type", "safety_number")
                      .add("name", name)
                      .add("digits", number.digits())
                      .add("scannable", number.scannable())
                      .add("trust", text_of(trust)));
  context.out.line("Your safety number with " + std::string(name) + ":\n");
  context.out.line(context.out.paint(Colour::bold, number.display()) + "\n");
  if (context.args.qr) context.out.line(draw_qr(number.scannable(), context.out.has_colours()));
  if (trust == TrustState::verified) {
    if (!context.args.mark) context.out.line("You have verified it before.");
  } else {
    context.out.line("Compare it face to face or over a call. If all digits agree: anochat verify --mark CONTACT");
  }
}

void check_scanned(const Context& context, const SafetyNumber& number) {
  switch (number.compare(context.args.text)) {
    case SafetyNumber::ScanResult::match:
      context.out.line("The scanned code agrees.");
      return;
    case SafetyNumber::ScanResult::mismatch:
      throw Failure(ExitCode::trust, "The scanned code is of other keys: somebody may sit between you.",
                    "Do not mark this contact as verified. Make sure that both looked at the right profile.");
    case SafetyNumber::ScanResult::own_code:
      throw Failure(ExitCode::usage, "This is the code of your own screen.",
                    "Scan the one on the other side's screen.");
    case SafetyNumber::ScanResult::not_a_code:
      throw Failure(ExitCode::usage, "This is no safety code.",
                    "Scan the code that \"anochat verify --qr\" shows there.");
  }
}

}  // namespace

ExitCode run_verify(const Context& context) {
  Client opened = context.open();
  const AccountId contact = find_contact(opened, context.args.contact);
  const std::string name = name_of(opened, contact);
  std::optional<SafetyNumber> number = known_number(opened, contact);
  std::optional<Online> online;
  if (!number) {
    online.emplace(context, std::move(opened));
    number = fetched_number(*online, context, contact);
  }
  const auto use = [&](const auto& what) { return online ? online->driver().with(what) : what(opened); };

  if (!context.args.text.empty()) check_scanned(context, *number);
  if (context.args.mark) use([&](Client& client) { client.mark_verified(contact); });
  show(context, *number, name, use([&](Client& client) { return client.trust(contact); }));
  if (context.args.mark) context.out.line(context.out.paint(Colour::green, name + " is verified."));
  return ExitCode::success;
}

}  // namespace cli
