// add - makes a contact out of an invite link, lets it write, and gives it a name of the user's own.
#include "../contact_book.hpp"
#include "../invite.hpp"
#include "commands.hpp"

namespace cli {

using namespace anochat;

ExitCode run_add(const Context& context) {
  const Invite invite = Invite::parse(context.args.text);
  Client client = context.open();
  if (invite.account == client.account()) {
    throw Failure(ExitCode::usage, "This is your own invite.", "Send it to the other side, and add theirs.");
  }
  if (!context.args.name.empty()) require_free_name(client, invite.account, context.args.name);
  client.allow(invite.account);  // introduces this account as well, with the next connection
  static_cast<void>(client.conversation_with(invite.account));
  if (!context.args.name.empty()) set_name(client, invite.account, context.args.name);

  const std::string own_relay = context.settings().relay;
  const bool is_elsewhere = !invite.relay.empty() && !own_relay.empty() && invite.relay != own_relay;
  const std::string name = name_of(client, invite.account);
  context.out.row(Json()
                      .add("type", "contact")
                      .add("contact", account_text(invite.account))
                      .add("name", name)
                      .add("consent", "allowed")
                      .add("other_relay", is_elsewhere));
  context.out.line(name + " may write to you now. \"anochat verify\" makes sure that it is the right person.");
  if (is_elsewhere) {
    context.out.note("Careful: the invite names another relay than yours. Messages arrive only if both use the same.");
  }
  return ExitCode::success;
}

}  // namespace cli
