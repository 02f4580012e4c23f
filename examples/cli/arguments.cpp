// The only file that knows CLI11. One function per family of commands says which options they have.
#include "arguments.hpp"

#include <anochat/base/version.hpp>

#include "exit_code.hpp"
#include "json.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <algorithm>
#include <cstdio>
#include <string_view>

namespace cli {
namespace {

constexpr const char* kFooter =
    "--profile, --json and the two for the passphrase may stand before or after every command.\n\n"
    "Exit status: 0 done, 1 internal error, 2 usage, 3 no such profile, contact or message,\n"
    "4 passphrase, 5 the profile's files, 6 no relay (what was sent is queued), 7 TLS refused,\n"
    "8 refused by the relay, 9 trust (blocked, changed keys), 10 doctor has findings.";

void add_common(CLI::App& app, Arguments& args) {
  app.add_option("-p,--profile", args.profile, "which account of this machine (default: default)")->type_name("NAME");
  app.add_flag("--json", args.json, "one JSON object per line on stdout, errors too, on stderr");
  app.add_option("--passphrase-fd", args.passphrase_fd,
                 "read the passphrase from this descriptor; a second one from its next line")
      ->type_name("N");
  app.add_option("--passphrase-file", args.passphrase_file, "read it from a file that only you can read")
      ->type_name("FILE");
}

void add_relay_address(CLI::App& command, Arguments& args) {
  command
      .add_option("--relay", args.relay, "wss://host[:port][/path], or ws://127.0.0.1:port (default: the profile's)")
      ->type_name("URL");
  command.add_option("--ca-file", args.ca_file, "PEM file of the CA that has signed the relay's certificate")
      ->type_name("FILE");
}

void add_relay(CLI::App& command, Arguments& args) {
  add_relay_address(command, args);
  command.add_option("--timeout", args.timeout, "seconds to wait for the relay (default: 10)")
      ->check(CLI::Range(0.0, 86'400.0).description(""))
      ->type_name("SECONDS");
}

void add_contact(CLI::App& command, Arguments& args) {
  command.add_option("contact", args.contact, "the name that you gave it, its address or its link")
      ->required()
      ->type_name("CONTACT");
}

void add_paging(CLI::App& command, Arguments& args, const char* what) {
  command.add_option("-n,--limit", args.count, what)->check(CLI::Range(1, 200).description(""))->type_name("N");
  command.add_option("--cursor", args.cursor, "go on where a page has ended, as its last line says")->type_name("TEXT");
}

CLI::App& command(CLI::App& app, const char* name, const char* summary) { return *app.add_subcommand(name, summary); }

void add_account_commands(CLI::App& app, Arguments& args) {
  auto& init = command(app, "init", "make an account on this machine");
  add_relay(init, args);
  init.add_option("--name", args.name, "what contacts whom you allow will see as your name")->type_name("NAME");
  command(app, "whoami", "show this account's address");
  auto& invite = command(app, "invite", "show a link, and a QR code, with which others can add you");
  invite.add_flag("--no-qr", args.no_qr, "the link only");
  auto& add = command(app, "add", "add a contact by invite link or address, and allow it to write");
  add.add_option("link", args.text, "anochat:ano1... or ano1...")->required()->type_name("LINK");
  add.add_option("name", args.name, "what you call it; stays in the encrypted profile")->type_name("NAME");
  auto& verify = command(app, "verify", "compare the safety number with a contact");
  add_contact(verify, args);
  add_relay(verify, args);
  verify.add_flag("--qr", args.qr, "also show a QR code for the other side to scan");
  verify.add_option("--scanned", args.text, "compare with what you have scanned from the other side's screen")
      ->type_name("TEXT");
  verify.add_flag("--mark", args.mark, "you compared the numbers and they agree: mark as verified");
  auto& contacts = command(app, "contacts", "list contacts, or allow, deny, block, rename or accept one");
  contacts.add_option("action", args.action, "list (the default), allow, deny, block, rename or accept")
      ->check(CLI::IsMember({"list", "allow", "deny", "block", "rename", "accept"}).description(""))
      ->type_name("ACTION");
  contacts.add_option("contact", args.contact, "the name that you gave it, its address or its link")
      ->type_name("CONTACT");
  contacts.add_option("name", args.name, "rename: the new name")->type_name("NAME");
  add_contact(command(app, "block", "take nothing more from a contact, and send it nothing"), args);
}

void add_message_commands(CLI::App& app, Arguments& args) {
  auto& send = command(app, "send", "send a message and wait until the relay has it");
  add_contact(send, args);
  send.add_option("text", args.text, "the message; without it, or as -, it is read from stdin")->type_name("TEXT");
  send.add_flag("--lines", args.lines, "every line of stdin is a message");
  add_relay(send, args);
  auto& chat = command(app, "chat", "talk with a contact");
  add_contact(chat, args);
  add_relay(chat, args);
  chat.add_flag("--no-receipts", args.quiet_receipts, "do not tell the sender what was read");
  auto& recv = command(app, "recv", "show new messages");
  recv.add_flag("-f,--follow", args.follow, "stay, and show messages as they come");
  recv.add_option("-n,--count", args.count, "end after so many messages")
      ->check(CLI::PositiveNumber.description(""))
      ->type_name("N");
  recv.add_flag("--no-receipts", args.quiet_receipts, "do not tell the sender what was read");
  add_relay(recv, args);
  auto& react = command(app, "react", "react to a message");
  react.add_option("message", args.message, "its name, as history shows it")->required()->type_name("NAME");
  react.add_option("emoji", args.text, "for example \U0001F44D")->required()->type_name("EMOJI");
  react.add_flag("--off", args.off, "take the reaction back");
  add_relay(react, args);
}

void add_reading_commands(CLI::App& app, Arguments& args) {
  auto& history = command(app, "history", "show a conversation, newest page first");
  add_contact(history, args);
  add_paging(history, args, "messages on a page, 1 to 200 (default: 20)");
  auto& search = command(app, "search", "search all messages");
  search.add_option("words", args.text, "what to look for; the last word may be unfinished")
      ->required()
      ->type_name("WORDS");
  search.add_option("--contact", args.contact, "only in the conversation with this contact")->type_name("CONTACT");
  add_paging(search, args, "hits on a page, 1 to 200 (default: 20)");
  add_paging(command(app, "call-log", "show calls, newest first"), args, "calls on a page, 1 to 200 (default: 20)");
  command(app, "stats", "figures about this profile; they never leave it");
  add_relay(command(app, "doctor", "look for problems and explain them"), args);
}

void add_file_commands(CLI::App& app, Arguments& args) {
  auto& save = command(app, "export", "write history and contacts to an encrypted file");
  save.add_option("file", args.file, "the file to make")->required()->type_name("FILE");
  save.add_flag("--with-identity", args.with_identity, "also the private keys: whoever opens it is this device");
  auto& load = command(app, "import", "make a profile out of an exported file");
  load.add_option("file", args.file, "the exported file")->required()->type_name("FILE");
  add_relay_address(load, args);
  auto& relay = command(app, "relay", "run a blind relay");
  relay.add_option("action", args.action, "serve")
      ->required()
      ->check(CLI::IsMember({"serve"}).description(""))
      ->type_name("ACTION");
  relay.add_option("--listen", args.listen, "port 0 takes a free one (default: 127.0.0.1:0)")
      ->type_name("ADDRESS:PORT");
  relay.add_option("--database", args.file, "its SQLite file (default: relay.db in the profile's folder)")
      ->type_name("FILE");
  relay.add_option("--name", args.name, "the name by which it introduces itself (default: relay)")->type_name("NAME");
  relay.add_option("--certificate", args.certificate, "PEM file with its certificate chain; needed beyond loopback")
      ->type_name("FILE");
  relay.add_option("--key", args.key, "PEM file with its private key")->type_name("FILE");
  auto& completion = command(app, "completion", "print completions for a shell");
  completion.add_option("shell", args.action, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}).description(""))
      ->type_name("SHELL");
}

/// The words that were typed are not repeated: one could be a passphrase in the wrong place.
void complain_as_json(const CLI::ParseError& error) {
  Json line;
  line.add("type", "error").add("error", "usage").add("exit", static_cast<int>(ExitCode::usage));
  line.add("text", "The command line makes no sense (" + error.get_name() + ").").add("advice", "anochat --help");
  std::fprintf(stderr, "%s\n", line.text().c_str());
}

std::vector<CommandShape> shapes_of(const CLI::App& app) {
  std::vector<CommandShape> out;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    CommandShape shape{command->get_name(), command->get_description(), {}};
    for (const CLI::App* from : {command, &app}) {
      for (const CLI::Option* option : from->get_options()) {
        for (const std::string& name : option->get_lnames()) shape.options.push_back("--" + name);
      }
    }
    out.push_back(std::move(shape));
  }
  return out;
}

}  // namespace

CommandLine parse_command_line(int argc, const char* const* argv) {
  CommandLine out;
  CLI::App app("AnoChat: end-to-end encrypted, post-quantum messages over a relay that cannot read them.", "anochat");
  app.set_help_flag("-h,--help", "show this text");
  app.set_version_flag("--version", std::string("anochat ") + std::string(anochat::kVersion), "show the version");
  app.require_subcommand(1);
  app.fallthrough();
  app.footer(kFooter);
  app.get_formatter()->column_width(30);
  add_common(app, out.arguments);
  add_account_commands(app, out.arguments);
  add_message_commands(app, out.arguments);
  add_reading_commands(app, out.arguments);
  add_file_commands(app, out.arguments);
  try {
    app.parse(argc, argv);
    out.command = app.get_subcommands().front()->get_name();
    out.shapes = shapes_of(app);
  } catch (const CLI::ParseError& error) {
    out.status = error.get_exit_code() == 0 ? 0 : static_cast<int>(ExitCode::usage);
    if (out.status != 0 && std::find(argv, argv + argc, std::string_view("--json")) != argv + argc) {
      complain_as_json(error);
    } else {
      app.exit(error);
    }
  }
  return out;
}

}  // namespace cli
