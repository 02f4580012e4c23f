// context.hpp - what every command starts from: the command line, the profile, the output, and the way to the client.
#pragma once

#include <anochat/client/client.hpp>

#include "arguments.hpp"
#include "output.hpp"
#include "passphrase.hpp"
#include "profile.hpp"

namespace cli {

struct Context {
  explicit Context(const CommandLine& line)
      : args(line.arguments), shapes(line.shapes), out(args.json), profile(args.profile) {}

  const Arguments& args;
  const std::vector<CommandShape>& shapes;
  Output out;
  Profile profile;

  [[nodiscard]] PassphraseSource passphrase() const { return {args.passphrase_fd, args.passphrase_file}; }

  /// Asks for the passphrase and opens the profile.
  /// @throws Failure  there is no such profile
  [[nodiscard]] anochat::Client open(anochat::ClientOptions options = {}) const;
  /// @throws Failure  the profile is there already
  void require_no_profile() const;
  /// The profile's settings, and what the command line says instead.
  [[nodiscard]] Settings settings() const;
};

}  // namespace cli
