// exit_code.hpp - what the program's exit status says, and the one exception of the CLI's own.
#pragma once

#include <anochat/base/error.hpp>

#include <stdexcept>
#include <string>
#include <string_view>

namespace cli {

/// Frozen: scripts depend on them (docs/guides/cli.md).
enum class ExitCode : int {
  success = 0,
  internal = 1,    ///< a bug, or something nobody has thought of
  usage = 2,       ///< the command line makes no sense
  not_found = 3,   ///< no such profile, contact or message; or it is there already
  passphrase = 4,  ///< none was given, or the wrong one
  store = 5,       ///< the profile's files: busy, damaged, no room, too new, rolled back
  network = 6,     ///< the relay did not answer in time; what was to be sent is queued
  tls = 7,         ///< the relay's certificate, host name or TLS version was refused
  refused = 8,     ///< the relay said no: login, rate, quota
  trust = 9,       ///< blocked, a changed identity, or a safety number that differs
  findings = 10,   ///< doctor has found something
};

/// Something that the user has to know: what happened, and what to do about it.
class Failure : public std::runtime_error {
 public:
  Failure(ExitCode code, const std::string& what, std::string advice = {})
      : std::runtime_error(what), code_(code), advice_(std::move(advice)) {}

  [[nodiscard]] ExitCode code() const noexcept { return code_; }
  [[nodiscard]] const std::string& advice() const noexcept { return advice_; }

 private:
  ExitCode code_;
  std::string advice_;
};

[[nodiscard]] ExitCode exit_code_of(anochat::Errc code) noexcept;

/// What a user can do about it; empty when there is nothing.
[[nodiscard]] std::string_view advice_for(anochat::Errc code) noexcept;

}  // namespace cli
