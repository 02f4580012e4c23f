// client/profiles.hpp - the own profile and delivery token for those who may have them, and those of others.
#pragma once

#include <anochat/client/types.hpp>
#include <anochat/framing/content.hpp>
#include <anochat/framing/relay_frames.hpp>
#include <anochat/storage/records.hpp>

namespace anochat::client {

class Unit;

void save_profile(storage::Records& records, const ProfileInfo& profile);

/// Sends the own profile and token to an account that does not have this version of it yet.
void introduce(Unit& unit, const AccountId& account);

/// A new own profile, and everybody who is allowed gets it.
void change_profile(Unit& unit, const ProfileInfo& profile);

void take_profile(Unit& unit, const AccountId& from, const Content& content);

/// What the relay wants to see from those who write to this account; all zero for a first contact.
[[nodiscard]] DeliveryToken token_of(const storage::Records& records, const AccountId& account);
void forget_token(storage::Records& records, const AccountId& account);

}  // namespace anochat::client
