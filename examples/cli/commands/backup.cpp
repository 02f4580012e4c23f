// export and import - history and contacts in one encrypted file of their own.
#include <anochat/storage/store.hpp>

#include "commands.hpp"

#include <unistd.h>

namespace cli {

using namespace anochat;

namespace {

void show_totals(const Context& context, const char* type, const storage::ExportTotals& totals) {
  context.out.row(Json()
                      .add("type", type)
                      .add("file", context.args.file)
                      .add("records", static_cast<std::int64_t>(totals.records))
                      .add("messages", static_cast<std::int64_t>(totals.messages)));
  context.out.line(std::to_string(totals.messages) + " messages, " + std::to_string(totals.records) +
                   " records in all");
}

}  // namespace

ExitCode run_export(const Context& context) {
  Client client = context.open();
  storage::ExportOptions options;
  options.passphrase = new_passphrase(context.passphrase(), "Passphrase for the exported file");
  options.scope.with_identity = context.args.with_identity;
  context.out.note("writing " + context.args.file + " ...");
  show_totals(context, "export", client.store().export_to(context.args.file, options));
  return ExitCode::success;
}

ExitCode run_import(const Context& context) {
  context.require_no_profile();
  storage::ExportOptions options;
  options.passphrase = read_passphrase(context.passphrase(), "Passphrase of the exported file");
  PassphraseKey key(new_passphrase(context.passphrase(), "Passphrase for the new profile"));
  context.profile.make_folders();
  const auto totals = Store::import_from(context.args.file, options, context.profile.store(), key);
  // An export without the identity brings the history to a new account.
  Store store = Store::open(context.profile.store(), key);
  const bool has_account = store.snapshot()->identities.self().has_value();
  if (!has_account) static_cast<void>(Client::create(std::move(store)));
  context.profile.save_settings(context.settings());
  show_totals(context, "import", totals);
  context.out.note(has_account ? "This profile is the exported device. Do not use the old one any more."
                               : "The private keys were not exported: this profile has a new address.");
  return ExitCode::success;
}

}  // namespace cli
