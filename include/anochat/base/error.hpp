// anochat/base/error.hpp - the one exception type and its frozen codes.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string_view>

namespace anochat {

/// What went wrong, as something a program can act on. Values are frozen: they are the C ABI's status codes and pick
/// the Python class. A new code gets a new number; none is ever reused.
enum class Errc : std::int32_t {
  // the call
  invalid_argument = -1,   ///< an argument breaks the function's stated precondition
  buffer_too_small = -2,   ///< the caller's buffer has less room than stated; nothing was changed
  out_of_memory = -3,      ///< an allocation failed; nothing was changed
  internal = -4,           ///< a bug in this library; please report it
  wrong_state = -5,        ///< the object cannot do this now (closed, moved from, not yet established)
  random_failed = -6,      ///< the source of randomness failed; nothing was sent or stored
  // messages
  bad_message = -10,          ///< malformed or not authentic; the two are not told apart
  replayed = -11,             ///< opened before, or its key was already dropped
  gap_too_large = -12,        ///< more messages are missing before this one than the limit allows
  unsupported_version = -13,  ///< a protocol version that this library does not speak
  unsupported_suite = -14,    ///< a cipher suite that this library does not speak
  too_large = -15,            ///< over a stated size limit; refused before anything was allocated for it
  counter_exhausted = -16,    ///< this session has sent its last message; make a new one
  bad_content = -17,          ///< the content inside an authentic message breaks its own rules
  // keys and identities
  bad_key = -20,           ///< a public key that is not canonical, of low order, or of the wrong length
  bad_signature = -21,     ///< a signature that does not verify
  prekey_unknown = -22,    ///< the message names a prekey that is not here: used up, expired or never made
  prekey_expired = -23,    ///< the prekey or bundle is outside its period of validity
  identity_changed = -24,  ///< the peer's identity is not the one known; the caller must decide
  self_session = -25,      ///< the peer is this very device
  bad_address = -26,       ///< a text that is no address: wrong length, letter or checksum
  bad_bundle = -27,        ///< a prekey bundle that is malformed
  stale_device_list = -28, ///< a device list older than the one known
  // saved state
  bad_state = -30,            ///< a saved record that is malformed or not authentic
  unsupported_state = -31,    ///< a saved record of a newer version than this library knows
  // storage
  wrong_key = -40,      ///< no key slot of the store opens with this passphrase or key
  not_a_store = -41,    ///< the file is not an AnoChat store
  store_corrupt = -42,  ///< the store is damaged
  store_busy = -43,     ///< another process or object has the store open
  io_failed = -44,      ///< the operating system could not read or write
  disk_full = -45,      ///< no room left on the device
  newer_format = -46,   ///< the store's file format is newer than this library
  newer_schema = -47,   ///< the store's schema is newer than this library
  rolled_back = -48,    ///< the store is an older copy of itself
  read_only = -49,      ///< the store or its folder cannot be written
  kdf_policy = -50,     ///< key-derivation parameters outside the allowed range
  not_found = -51,      ///< no such record
  already_exists = -52, ///< a record or file with this name is already there
  // network and relay
  network_failed = -60,  ///< no connection, or it was lost
  timed_out = -61,       ///< no answer in time
  tls_failed = -62,      ///< certificate, host name or TLS version not accepted
  unauthorised = -63,    ///< login or capability refused
  rate_limited = -64,    ///< too many requests; try again later
  quota_exceeded = -65,  ///< the mailbox or account is full
  // policy
  untrusted_identity = -70,  ///< sending is blocked until the user accepts the changed identity
  blocked = -71,             ///< the peer is blocked, or has not been allowed
};

/// A short, fixed sentence about a code, for people. Never holds input data.
[[nodiscard]] std::string_view message_of(Errc code) noexcept;

/// The name of a code as written above, such as "bad_message"; "unknown" for a value that is not listed.
[[nodiscard]] std::string_view name_of(Errc code) noexcept;

/// The only exception that leaves this library, besides std::bad_alloc.
class Error : public std::runtime_error {
 public:
  /// @param where  a literal such as "session.decrypt"; never input data
  Error(Errc code, std::string_view where);

  [[nodiscard]] Errc code() const noexcept { return code_; }

 private:
  Errc code_;
};

}  // namespace anochat
