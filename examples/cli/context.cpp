#include "context.hpp"

#include "exit_code.hpp"

#include <utility>

namespace cli {

anochat::Client Context::open(anochat::ClientOptions options) const {
  if (!profile.exists()) {
    throw Failure(ExitCode::not_found, "There is no profile \"" + profile.name() + "\" on this machine.",
                  "Make it with \"anochat init\", or name another one with --profile.");
  }
  anochat::PassphraseKey key(read_passphrase(passphrase(), "Passphrase of " + profile.name()));
  return anochat::Client::open(anochat::Store::open(profile.store(), key), std::move(options));
}

void Context::require_no_profile() const {
  if (!profile.exists()) return;
  throw Failure(ExitCode::not_found, "The profile \"" + profile.name() + "\" is there already; it was not touched.",
                "Take another name with --profile.");
}

Settings Context::settings() const {
  Settings settings = profile.load_settings();
  if (!args.relay.empty()) settings.relay = args.relay;
  if (!args.ca_file.empty()) settings.ca_file = std::filesystem::absolute(args.ca_file).string();
  return settings;
}

}  // namespace cli
