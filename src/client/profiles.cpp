#include "client/profiles.hpp"

#include <algorithm>
#include <string>

#include "client/account.hpp"
#include "client/engine.hpp"
#include "client/sender.hpp"
#include "client/trust.hpp"

namespace anochat::client {
namespace {

constexpr const char* kVersion = "profile_version";

std::string name_for(const char* what, const AccountId& account) { return what + to_hex(account); }
std::string sent_name(const AccountId& account) { return name_for("profile_sent.", account); }
std::string token_name(const AccountId& account) { return name_for("peer_token.", account); }

content::Profile own_profile(const storage::Records& records) {
  content::Profile out;
  const auto text = [&records](const char* name) {
    const auto saved = records.meta.bytes(name);
    return saved ? std::string(saved->begin(), saved->end()) : std::string();
  };
  out.name = text("profile_name");
  out.about = text("profile_about");
  if (const auto avatar = records.meta.bytes("profile_avatar")) out.avatar.assign(avatar->begin(), avatar->end());
  out.delivery_token = own_token(records);
  return out;
}

/// @throws Error{Errc::too_large, Errc::invalid_argument}  as encode_content() would for everybody who shall see it
void require_sendable(const ProfileInfo& profile) {
  Content content;
  content.id.bytes.fill(1);
  content.kind = content::Profile{profile.name, profile.avatar, profile.about, std::nullopt};
  static_cast<void>(encode_content(content));
}

}  // namespace

void save_profile(storage::Records& records, const ProfileInfo& profile) {
  require_sendable(profile);
  records.meta.set_bytes("profile_name", as_bytes(profile.name));
  records.meta.set_bytes("profile_about", as_bytes(profile.about));
  records.meta.set_bytes("profile_avatar", profile.avatar);
  records.meta.set_number(kVersion, records.meta.number(kVersion).value_or(0) + 1);
}

void introduce(Unit& unit, const AccountId& account) {
  storage::Meta& meta = unit.records().meta;
  const std::int64_t version = meta.number(kVersion).value_or(0);
  if (meta.number(sent_name(account)) == version || account == unit.engine.self().account) return;
  Parcel parcel{make_content(unit, own_profile(unit.records()))};
  parcel.with_transcript = false;
  dispatch(unit, account, parcel);
  meta.set_number(sent_name(account), version);
}

void change_profile(Unit& unit, const ProfileInfo& profile) {
  save_profile(unit.records(), profile);
  for (const storage::Contact& contact : unit.records().contacts.list(storage::Consent::allowed)) {
    const TrustState trust = trust_of(unit.records(), contact.account);
    if (trust == TrustState::first_use || trust == TrustState::verified) introduce(unit, contact.account);
  }
}

namespace {

/// What the relay did not take from a stranger goes now.
void take_token(Unit& unit, const AccountId& from, const DeliveryToken& token) {
  if (token_of(unit.records(), from) == token) return;
  unit.records().meta.set_bytes(token_name(from), token);
  unit.records().outbox.retry_now(from, unit.now);
  unit.after_commit([](Engine& engine) { engine.courier.reload(); });
}

}  // namespace

void take_profile(Unit& unit, const AccountId& from, const Content& content) {
  const auto& profile = std::get<content::Profile>(content.kind);
  storage::Records& records = unit.records();
  if (profile.delivery_token) take_token(unit, from, *profile.delivery_token);
  const auto avatar = profile.avatar.empty() ? std::nullopt : std::optional(profile.avatar);
  if (records.contacts.set_profile(from, profile.name, avatar, content.sent_at)) unit.emit(event::ProfileChanged{from});
}

DeliveryToken token_of(const storage::Records& records, const AccountId& account) {
  DeliveryToken token{};
  const auto saved = records.meta.bytes(token_name(account));
  if (saved && saved->size() == token.size()) std::copy(saved->begin(), saved->end(), token.begin());
  return token;
}

void forget_token(storage::Records& records, const AccountId& account) { records.meta.remove(token_name(account)); }

}  // namespace anochat::client
