// invite.hpp - the link that lets somebody write to an account.
#pragma once

#include <anochat/crypto/address.hpp>

#include <string>
#include <string_view>

namespace cli {

/// `anochat:ano1...?relay=wss%3A%2F%2Frelay.example`. The address is derived from the account's key, so it is the
/// account's identity as well: a relay cannot put another key behind it. The link has no name in it.
struct Invite {
  anochat::AccountId account{};
  std::string relay;  ///< the account's relay, as a URL of 0 to 512 characters; empty: not told

  [[nodiscard]] std::string link() const;

  /// Takes a link or a bare address, in lower or upper case; spaces around it are skipped, unknown parameters ignored.
  /// @throws Failure  anything else; the text does not appear in the error
  [[nodiscard]] static Invite parse(std::string_view text);
};

/// Whether a text was meant as an address or link, not as a contact's name.
[[nodiscard]] bool looks_like_address(std::string_view text) noexcept;

}  // namespace cli
