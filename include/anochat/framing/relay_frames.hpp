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
inline constexpr std::size_t kMaxBlobPart = 262'144;         ///< bytes of a sealed file in one frame
inline constexpr std::size_t kMaxPublishedPreKeys = 200;    ///< prekey records of one kind in one frame

/// A device counts the steps of its store that moved a session and tells the relay how far it has come with all that came
/// of them; the relay says at the next login how far that was. A store that has not come so far is an older copy.
inline constexpr std::uint64_t kMaxGeneration = (std::uint64_t{1} << 62) - 1;

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
  bool replaces_all = false;               ///< what was published before is forgotten, ids and all: its secrets are lost
};

/// The signed device list of the account, and the token that its contacts present.
struct PublishAccount {
  Bytes device_list;  ///< docs/protocol.md, section 2; empty: unchanged
  DeliveryToken delivery_token{};
};

/// For every account: its device list and one bundle for each of its devices. Together 1 to kMaxFetchedAccounts account ids.
struct FetchAccounts {
  std::vector<ByteArray<32>> accounts = {};
  std::vector<ByteArray<32>> lists = {};  ///< of these the device list alone, which uses up no prekeys
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

/// An account that wants to be found by a name says the hash of it; docs/relay.md, "Handles". Answered by Done, or by
/// Refused with already_exists when it is somebody else's, quota_exceeded when the account has too many, or not_found
/// when this relay has no directory.
struct ClaimHandle {
  ByteArray<32> hash{};
};
/// Answered by Done, or by Refused with not_found when the account does not have it.
struct ReleaseHandle {
  ByteArray<32> hash{};
};
/// Answered by FoundHandle.
struct FindHandle {
  ByteArray<32> hash{};
};

/// Room for a sealed file. Answered by BlobBegun, or by Refused with too_large, quota_exceeded, or not_found when this
/// relay keeps no files.
struct BeginBlob {
  std::uint64_t size = 0;            ///< bytes, at least 1
  std::uint32_t lifetime_hours = 0;  ///< how long the relay should keep it
};
/// The next part of it, answered by BlobStatus. The offset may be lower than what is there, to go on after an
/// interruption, but not higher. Whoever has the capability may; no login is needed.
struct AppendBlob {
  ByteArray<16> id{};
  ByteArray<32> write{};
  std::uint64_t offset = 0;  ///< bytes
  Bytes part;                ///< 1 to kMaxBlobPart bytes
};
/// How much of it is there? Answered by BlobStatus.
struct AskBlob {
  ByteArray<16> id{};
  ByteArray<32> write{};
};
/// A range of a complete file, answered by BlobPart. No login is needed.
struct ReadBlob {
  ByteArray<16> id{};
  ByteArray<32> read{};
  std::uint64_t offset = 0;  ///< bytes
  std::uint32_t size = 0;    ///< bytes, 1 to kMaxBlobPart
};
/// Answered by Done.
struct RemoveBlob {
  ByteArray<16> id{};
  ByteArray<32> write{};
};

struct ClientFrame {
  std::uint64_t request = 0;  ///< chosen by the client, not 0, growing; the answer names it
  std::variant<Login, PublishPreKeys, PublishAccount, FetchAccounts, Submit, Acknowledge, CountPreKeys, Ping,
               ClaimHandle, ReleaseHandle, FindHandle, BeginBlob, AppendBlob, AskBlob, ReadBlob, RemoveBlob>
      body;
  /// Of the sender's store, 0 to kMaxGeneration; 0 says nothing. The relay keeps the greatest, and keeps it before it
  /// answers. Without a login it means nothing.
  std::uint64_t generation = 0;
};

// ----- from the relay -----

/// The first frame of every connection. Single use, valid for this connection only.
struct Challenge {
  std::string relay;             ///< the relay's name, 1 to 255 bytes: a login for one relay is worth nothing at another
  ByteArray<32> nonce{};
};

struct Done {
  std::uint64_t generation = 0;  ///< to a Login: the greatest that this device has told, 0 to kMaxGeneration; else 0
};

struct Refused {
  Errc code = Errc::internal;
  std::chrono::milliseconds retry_after{};  ///< 0: trying again will not help
};

struct FetchedAccount {
  ByteArray<32> account{};
  Bytes device_list;           ///< empty: the relay does not know this account
  std::vector<Bytes> bundles;  ///< encoded, one for each device that has published prekeys, if they were wanted
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

struct FoundHandle {
  std::optional<ByteArray<32>> account;
};

/// The id and `read` go to the receivers inside an encrypted message; `write` stays with the sender.
struct BlobBegun {
  ByteArray<16> id{};
  ByteArray<32> write{};
  ByteArray<32> read{};
};

struct BlobStatus {
  std::uint64_t received = 0;  ///< bytes that are there, durable
};

struct BlobPart {
  Bytes part;  ///< 0 to kMaxBlobPart bytes: shorter at the end of the file, none beyond it
};

struct RelayFrame {
  std::uint64_t request = 0;  ///< the client's number; 0 for what nobody asked for: Challenge, Deliver, a last Refused
  std::variant<Challenge, Done, Refused, FetchedAccounts, Submitted, PreKeyCount, Deliver, Pong, FoundHandle, BlobBegun,
               BlobStatus, BlobPart>
      body;
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
