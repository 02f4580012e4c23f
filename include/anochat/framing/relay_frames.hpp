// anochat/framing/relay_frames.hpp - what a client and a relay say to each other: one frame, one statement.
#pragma once

#include <anochat/base/bytes.hpp>
#include <anochat/base/error.hpp>
#include <anochat/framing/limits.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace anochat {

inline constexpr std::size_t kMaxRelayFrameLen = kMaxFrameLen;   ///< bytes of one frame between client and relay
inline constexpr std::size_t kMaxFrameBatch = 256;          ///< envelopes or ids in one frame
inline constexpr std::size_t kMaxFetchedAccounts = 16;      ///< accounts in one frame: with 32 devices each they still fit
inline constexpr std::size_t kMaxPublishedPreKeys = 200;    ///< prekey records of one kind in one frame

/// Nobody may write to a mailbox for ever without its owner's consent: the owner hands this token to its contacts inside
/// encrypted content, and tells the relay. All zero: a first contact, which the relay limits more strictly.
using DeliveryToken = ByteArray<16>;

// ----- from the client -----

/// Answers the relay's Challenge. The relay verifies the certificate and the signature by the device's signing key over
/// LP("AnoChat/1/login") || LP(relay's name) || nonce || certificate. The first login of an address registers it.
struct Login {
  ByteArray<165> certificate{};
  ByteArray<64> signature{};
};

/// New prekeys beside those the relay has; records of docs/protocol.md, section 3. A signed or last-resort prekey replaces
/// the one before.
struct PublishPreKeys {
  std::optional<Bytes> signed_prekey;      ///< 116 bytes
  std::optional<Bytes> last_resort;        ///< 1,268 bytes
  std::vector<Bytes> one_time;             ///< 116 bytes each
  std::vector<Bytes> kem_one_time;         ///< 1,268 bytes each
};

/// The signed device list of the account, and the token that its contacts present.
struct PublishAccount {
  Bytes device_list;  ///< docs/protocol.md, section 2; empty: unchanged
  DeliveryToken delivery_token{};
};

/// For every account: its device list and one bundle for each of its devices.
struct FetchAccounts {
  std::vector<ByteArray<32>> accounts;  ///< 1 to kMaxFetchedAccounts account ids
};

struct Submission {
  Bytes envelope;  ///< encoded; the relay looks at its head only
  DeliveryToken delivery_token{};
};

struct Submit {
  std::vector<Submission> submissions;  ///< 1 to kMaxFrameBatch
};

/// These envelopes are safe with the client: the relay deletes them.
struct Acknowledge {
  std::vector<ByteArray<16>> envelopes;  ///< 1 to kMaxFrameBatch envelope ids
};

/// How many one-time prekeys are left at the relay?
struct CountPreKeys {};

struct Ping {};

struct ClientFrame {
  std::uint64_t request = 0;  ///< chosen by the client, not 0, growing; the answer names it
  std::variant<Login, PublishPreKeys, PublishAccount, FetchAccounts, Submit, Acknowledge, CountPreKeys, Ping> body;
};

// ----- from the relay -----

/// The first frame of every connection. Single use, valid for this connection only.
struct Challenge {
  std::string relay;             ///< the relay's name, 1 to 255 bytes: a login for one relay is worth nothing at another
  ByteArray<32> nonce{};
};

struct Done {};

struct Refused {
  Errc code = Errc::internal;
  std::chrono::milliseconds retry_after{};  ///< 0: trying again will not help
};

struct FetchedAccount {
  ByteArray<32> account{};
  Bytes device_list;           ///< empty: the relay does not know this account
  std::vector<Bytes> bundles;  ///< encoded, one for each device that has published prekeys
};

struct FetchedAccounts {
  std::vector<FetchedAccount> accounts;
};

/// One entry for each submission, in order: 0 when the relay has it (again), else an Errc.
struct Submitted {
  std::vector<std::int32_t> results;
};

struct PreKeyCount {
  std::uint32_t one_time = 0;
  std::uint32_t kem_one_time = 0;
};

/// Envelopes from the mailbox, oldest first. They stay there until acknowledged; signals need no acknowledgement.
struct Deliver {
  std::vector<Bytes> envelopes;  ///< encoded
};

struct Pong {};

struct RelayFrame {
  std::uint64_t request = 0;  ///< the client's number; 0 for what nobody asked for: Challenge, Deliver, a last Refused
  std::variant<Challenge, Done, Refused, FetchedAccounts, Submitted, PreKeyCount, Deliver, Pong> body;
};

/// @throws Error{Errc::too_large}         over kMaxRelayFrameLen or a stated count
/// @throws Error{Errc::invalid_argument}  a byte string of the wrong length
[[nodiscard]] Bytes encode(const ClientFrame& frame);
[[nodiscard]] Bytes encode(const RelayFrame& frame);

/// @throws Error{Errc::too_large}    over kMaxRelayFrameLen; nothing was allocated for it
/// @throws Error{Errc::bad_message}  malformed, of an unknown kind, or over a stated count
[[nodiscard]] ClientFrame decode_client_frame(ByteView encoded);
[[nodiscard]] RelayFrame decode_relay_frame(ByteView encoded);

}  // namespace anochat
