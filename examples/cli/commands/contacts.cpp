// contacts and block - who may write, and what the user calls them.
#include "../clean.hpp"
#include "../contact_book.hpp"
#include "commands.hpp"

namespace cli {

using namespace anochat;

namespace {

void show(const Context& context, const Client& client, const storage::Contact& contact) {
  const TrustState trust = client.trust(contact.account);
  const std::string name = name_of(client, contact.account);
  context.out.row(Json()
                      .add("type", "contact")
                      .add("contact", account_text(contact.account))
                      .add("name", name)
                      .add("own_name", contact.name)
                      .add("consent", text_of(contact.consent))
                      .add("trust", text_of(trust)));
  std::string line = context.out.paint(Colour::bold, name);
  line.append(static_cast<std::size_t>(std::max(1, 22 - width_of(name))), ' ');
  line.append(text_of(contact.consent)).append(", ").append(text_of(trust));
  if (!contact.name.empty()) line += ", calls itself \"" + clean_line(contact.name) + "\"";
  context.out.line(line);
  context.out.line("  " + context.out.paint(Colour::dim, account_text(contact.account)));
}

void list(const Context& context, const Client& client) {
  const std::vector<storage::Contact> contacts = client.snapshot()->contacts.list();
  for (const storage::Contact& contact : contacts) {
    if (contact.account != client.account()) show(context, client, contact);
  }
  if (contacts.empty()) context.out.note("No contacts yet. \"anochat add LINK NAME\" adds one.");
}

void apply(const Context& context, Client& client, const AccountId& account) {
  const std::string& action = context.args.action;
  if (action == "allow") client.allow(account);
  if (action == "deny") client.deny(account);
  if (action == "block") client.block(account);
  if (action == "accept") client.accept_identity(account);
  if (action == "rename") set_name(client, account, context.args.name);
  if (const auto contact = client.snapshot()->contacts.find(account)) show(context, client, *contact);
}

}  // namespace

ExitCode run_contacts(const Context& context) {
  const bool is_list = context.args.action.empty() || context.args.action == "list";
  if (!is_list && context.args.contact.empty()) {
    throw Failure(ExitCode::usage, "Which contact?", "anochat contacts " + context.args.action + " CONTACT");
  }
  Client client = context.open();
  if (is_list) {
    list(context, client);
  } else {
    apply(context, client, find_contact(client, context.args.contact));
  }
  return ExitCode::success;
}

ExitCode run_block(const Context& context) {
  Client client = context.open();
  const AccountId account = find_contact(client, context.args.contact);
  client.block(account);
  if (const auto contact = client.snapshot()->contacts.find(account)) show(context, client, *contact);
  return ExitCode::success;
}

}  // namespace cli
