#include "contact_book.hpp"

#include "clean.hpp"
#include "exit_code.hpp"
#include "invite.hpp"

#include <algorithm>

namespace cli {

using namespace anochat;

namespace {

constexpr std::size_t kMaxName = 64;  // bytes

bool is_clean_name(std::string_view name) {
  return !name.empty() && name.size() <= kMaxName && clean_line(name) == name && name.front() != ' ' &&
         name.back() != ' ' && name.front() != '-';
}

}  // namespace

AccountId find_contact(const Client& client, std::string_view text) {
  if (looks_like_address(text)) return Invite::parse(text).account;
  for (const storage::Contact& contact : client.snapshot()->contacts.list()) {
    if (contact.local_name == text) return contact.account;
  }
  throw Failure(ExitCode::not_found, "There is no contact of that name.",
                "\"anochat contacts\" lists them; \"anochat add LINK NAME\" adds one.");
}

std::string short_address(const AccountId& account) {
  const std::string text = account_text(account);
  return text.substr(0, 10) + ".." + text.substr(text.size() - 4);
}

std::string name_of(const storage::Records& records, const AccountId& account) {
  const auto contact = records.contacts.find(account);
  return contact && !contact->local_name.empty() ? clean_line(contact->local_name) : short_address(account);
}
std::string name_of(const Client& client, const AccountId& account) { return name_of(*client.snapshot(), account); }

void require_free_name(const Client& client, const AccountId& account, std::string_view name) {
  if (!is_clean_name(name) || looks_like_address(name)) {
    throw Failure(ExitCode::usage, "This cannot be a contact's name.",
                  "Take one line of 1 to 64 bytes that does not look like an address.");
  }
  for (const storage::Contact& contact : client.snapshot()->contacts.list()) {
    if (contact.local_name == name && contact.account != account) {
      throw Failure(ExitCode::usage, "Another contact has this name already.",
                    "Take another name, or rename that one.");
    }
  }
}

void set_name(Client& client, const AccountId& account, std::string_view name) {
  require_free_name(client, account, name);
  client.set_local_name(account, name);
}

AccountId peer_of(const storage::Conversation& conversation) {
  AccountId out{};
  if (conversation.uid.size() == out.size()) std::copy(conversation.uid.begin(), conversation.uid.end(), out.begin());
  return out;
}

std::string_view text_of(TrustState trust) noexcept {
  switch (trust) {
    case TrustState::unknown:
      return "unknown";
    case TrustState::first_use:
      return "first_use";
    case TrustState::verified:
      return "verified";
    case TrustState::changed:
      return "changed";
    case TrustState::blocked:
      return "blocked";
  }
  return "";
}

std::string_view text_of(storage::Consent consent) noexcept {
  switch (consent) {
    case storage::Consent::unknown:
      return "request";
    case storage::Consent::allowed:
      return "allowed";
    case storage::Consent::denied:
      return "denied";
  }
  return "";
}

}  // namespace cli
