// contact_book.hpp - from what a user types to an account, and back to what a user reads.
#pragma once

#include <anochat/client/client.hpp>

#include <string>
#include <string_view>

namespace cli {

/// Finds a contact by the name that the user gave it, or by address or invite link. The name that a contact gives
/// itself is never looked at: it could be anybody's.
/// @throws Failure  nobody of this name, or a damaged address
[[nodiscard]] anochat::AccountId find_contact(const anochat::Client& client, std::string_view text);

/// The user's own name for it, else a short form of its address. Clean for a terminal.
[[nodiscard]] std::string name_of(const anochat::storage::Records& records, const anochat::AccountId& account);
[[nodiscard]] std::string name_of(const anochat::Client& client, const anochat::AccountId& account);

/// `ano1abcd...wxyz`: enough to tell contacts apart, not enough to trust.
[[nodiscard]] std::string short_address(const anochat::AccountId& account);

/// Gives a contact a name.
/// @throws Failure  the name is taken, looks like an address, or is not one clean line of 1 to 64 bytes
void set_name(anochat::Client& client, const anochat::AccountId& account, std::string_view name);
/// The same check, before something is changed.
void require_free_name(const anochat::Client& client, const anochat::AccountId& account, std::string_view name);

/// The account on the other side of a conversation.
[[nodiscard]] anochat::AccountId peer_of(const anochat::storage::Conversation& conversation);

[[nodiscard]] std::string_view text_of(anochat::TrustState trust) noexcept;
[[nodiscard]] std::string_view text_of(anochat::storage::Consent consent) noexcept;

}  // namespace cli
