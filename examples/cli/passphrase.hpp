// passphrase.hpp - the passphrase of a profile: typed, or from a descriptor or file; never from argv or environment.
#pragma once

#include <anochat/base/secret.hpp>

#include <string>

namespace cli {

struct PassphraseSource {
  int descriptor = -1;  ///< -1: none
  std::string file;     ///< empty: none
};

/// The first line, 1 to 1,024 bytes without its end. A terminal is asked when no source is given, without echo.
/// @param prompt  what to ask for, such as "Passphrase"
/// @throws Failure{ExitCode::passphrase}  no terminal, nothing read, too long, or a file that others may read
[[nodiscard]] anochat::SecretBytes read_passphrase(const PassphraseSource& source, const std::string& prompt);

/// As read_passphrase(), but a person types it twice.
/// @throws Failure{ExitCode::passphrase}  the two differ
[[nodiscard]] anochat::SecretBytes new_passphrase(const PassphraseSource& source, const std::string& prompt);

}  // namespace cli
