#include <anochat/base/error.hpp>

#include <algorithm>
#include <array>
#include <string>

namespace anochat {
namespace {

struct Entry {
  Errc code;
  std::string_view name;
  std::string_view message;
};

#define ANOCHAT_ERRC(name, message) Entry{Errc::name, #name, message}
constexpr std::array kEntries{
    ANOCHAT_ERRC(invalid_argument, "an argument is outside what the function accepts"),
    ANOCHAT_ERRC(buffer_too_small, "the buffer has too little room; nothing was changed"),
    ANOCHAT_ERRC(out_of_memory, "out of memory; nothing was changed"),
    ANOCHAT_ERRC(internal, "internal error; please report it"),
    ANOCHAT_ERRC(wrong_state, "the object cannot do this in its present state"),
    ANOCHAT_ERRC(random_failed, "the source of randomness failed"),
    ANOCHAT_ERRC(bad_message, "the message is malformed or not authentic"),
    ANOCHAT_ERRC(replayed, "the message was opened before, or its key was already dropped"),
    ANOCHAT_ERRC(gap_too_large, "too many messages are missing before this one"),
    ANOCHAT_ERRC(unsupported_version, "unsupported protocol version"),
    ANOCHAT_ERRC(unsupported_suite, "unsupported cipher suite"),
    ANOCHAT_ERRC(too_large, "over the size limit"),
    ANOCHAT_ERRC(counter_exhausted, "the session has sent its last message; start a new one"),
    ANOCHAT_ERRC(bad_content, "the message is authentic but its content breaks the rules"),
    ANOCHAT_ERRC(bad_key, "a public key is not acceptable"),
    ANOCHAT_ERRC(bad_signature, "a signature does not verify"),
    ANOCHAT_ERRC(prekey_unknown, "the message names a prekey that is not here"),
    ANOCHAT_ERRC(prekey_expired, "a prekey is outside its period of validity"),
    ANOCHAT_ERRC(identity_changed, "the peer's identity is not the one known"),
    ANOCHAT_ERRC(self_session, "the peer is this very device"),
    ANOCHAT_ERRC(bad_address, "not an address; check it for a typing error"),
    ANOCHAT_ERRC(bad_bundle, "the prekey bundle is malformed"),
    ANOCHAT_ERRC(stale_device_list, "the device list is older than the one known"),
    ANOCHAT_ERRC(bad_state, "the saved record is malformed or not authentic"),
    ANOCHAT_ERRC(unsupported_state, "the saved record is of a newer version"),
    ANOCHAT_ERRC(wrong_key, "the passphrase or key does not open this store"),
    ANOCHAT_ERRC(not_a_store, "the file is not an AnoChat store"),
    ANOCHAT_ERRC(store_corrupt, "the store is damaged"),
    ANOCHAT_ERRC(store_busy, "the store is open elsewhere"),
    ANOCHAT_ERRC(io_failed, "the operating system could not read or write"),
    ANOCHAT_ERRC(disk_full, "no room left on the device"),
    ANOCHAT_ERRC(newer_format, "the store's format is newer than this library"),
    ANOCHAT_ERRC(newer_schema, "the store's schema is newer than this library"),
    ANOCHAT_ERRC(rolled_back, "the store is an older copy of itself"),
    ANOCHAT_ERRC(read_only, "the store cannot be written"),
    ANOCHAT_ERRC(kdf_policy, "key-derivation parameters outside the allowed range"),
    ANOCHAT_ERRC(not_found, "no such record"),
    ANOCHAT_ERRC(already_exists, "it already exists"),
    ANOCHAT_ERRC(network_failed, "no connection, or it was lost"),
    ANOCHAT_ERRC(timed_out, "no answer in time"),
    ANOCHAT_ERRC(tls_failed, "the certificate, host name or TLS version was not accepted"),
    ANOCHAT_ERRC(unauthorised, "login or capability refused"),
    ANOCHAT_ERRC(rate_limited, "too many requests; try again later"),
    ANOCHAT_ERRC(quota_exceeded, "the mailbox or account is full"),
    ANOCHAT_ERRC(untrusted_identity, "sending is blocked until the changed identity is accepted"),
    ANOCHAT_ERRC(blocked, "the peer is blocked or has not been allowed"),
};
#undef ANOCHAT_ERRC

const Entry* find(Errc code) noexcept {
  const auto* entry = std::find_if(kEntries.begin(), kEntries.end(), [code](const Entry& e) { return e.code == code; });
  return entry == kEntries.end() ? nullptr : entry;
}

}  // namespace

std::string_view message_of(Errc code) noexcept {
  const Entry* entry = find(code);
  return entry == nullptr ? "unknown error" : entry->message;
}

std::string_view name_of(Errc code) noexcept {
  const Entry* entry = find(code);
  return entry == nullptr ? "unknown" : entry->name;
}

Error::Error(Errc code, std::string_view where)
    : std::runtime_error(std::string(where) + ": " + std::string(message_of(code))), code_(code) {}

}  // namespace anochat
