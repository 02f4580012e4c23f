// init - makes a profile: folders, an encrypted store, an account; and tells the relay about it when there is one.
#include <anochat/crypto/address.hpp>
#include <anochat/storage/prekeys.hpp>

#include "../clean.hpp"
#include "../online.hpp"
#include "commands.hpp"

namespace cli {

using namespace anochat;

namespace {

/// Others can write to the account from when its keys are at the relay.
bool has_published(Client& client) {
  const storage::Snapshot now = client.snapshot();
  return now->prekeys.unpublished(storage::PreKeyKind::last_resort_kem, 1).empty() &&
         now->prekeys.unpublished(storage::PreKeyKind::signed_ec, 1).empty() &&
         now->meta.number("published_list").has_value();
}

bool publish(const Context& context, Client client) {
  context.out.note("making the account known to the relay ...");
  Online online(context, std::move(client));
  const auto is_done = [&online] { return online.driver().with(has_published); };
  if (online.run(context.args.patience(), is_done) == Online::End::done) return true;
  const Failure why = online.why_offline();
  context.out.note(why.what());
  context.out.note("The account is made all the same; the relay will hear of it with the next command that needs it.");
  return false;
}

}  // namespace

ExitCode run_init(const Context& context) {
  context.require_no_profile();
  const Settings settings = context.settings();
  context.profile.make_folders();
  PassphraseKey key(new_passphrase(context.passphrase(), "Passphrase for the new profile"));
  ClientOptions options;
  options.profile.name = context.args.name;
  Client client = Client::create(Store::create(context.profile.store(), key), std::move(options));
  context.profile.save_settings(settings);

  const std::string address = account_text(client.account());
  const bool is_published = !settings.relay.empty() && publish(context, std::move(client));
  context.out.row(Json()
                      .add("type", "account")
                      .add("profile", context.profile.name())
                      .add("address", address)
                      .add("relay", settings.relay)
                      .add("published", is_published));
  context.out.line("This is you: " + context.out.paint(Colour::bold, address));
  context.out.line("Everything is in " + context.profile.store().string() + ", sealed with your passphrase.");
  context.out.line("Next: \"anochat invite\" shows the link that others need to write to you.");
  return ExitCode::success;
}

}  // namespace cli
