// anochat/session/session.hpp - one post-quantum encrypted conversation with one device.
#pragma once

#include <anochat/base/bytes.hpp>
#include <anochat/base/clock.hpp>
#include <anochat/base/random.hpp>
#include <anochat/base/secret.hpp>
#include <anochat/crypto/address.hpp>
#include <anochat/crypto/bundle.hpp>
#include <anochat/crypto/identity.hpp>
#include <anochat/crypto/prekeys.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace anochat {

using SessionId = ByteArray<32>;                          ///< hash of the handshake block; both sides have the same
using ExportedSecret = Secret<struct ExportedSecretRole, 32>;
using StateKey = Secret<struct StateKeyRole, 32>;         ///< seals saved sessions

inline constexpr std::size_t kMaxMessageLen = 68'999;     ///< bytes of the longest message
inline constexpr std::size_t kSignalLen = 356;            ///< bytes of a signal: those of a small message
inline constexpr std::size_t kMaxSignalContentLen = 302;  ///< bytes
inline constexpr std::chrono::seconds kSignalLifetime{60};

struct AcceptedSession;

/// Names a skipped key within its session. @source docs/protocol.md, section 11
struct SkippedKeyId {
  enum class Kind : std::uint8_t { ec = 1, pq = 2 };

  Kind kind = Kind::ec;
  std::uint64_t chain = 0;  ///< number of the receiving chain, or PQ epoch
  std::uint32_t n = 0;      ///< number of the message in it

  auto operator<=>(const SkippedKeyId&) const = default;
};

using SkippedMessageKey = Secret<struct SkippedMessageKeyRole, 32>;

struct SkippedKeyRecord {
  SkippedKeyId id;
  std::chrono::sys_seconds since{};
  SkippedMessageKey key;
};

/// What the last decrypt() did to the skipped keys, for a store that keeps each in a row of its own: add, then remove.
struct SkippedKeyChanges {
  std::vector<SkippedKeyRecord> added;
  std::vector<SkippedKeyId> removed;  ///< used, too old or too many; may name one that was just added
};

/// Both halves of a double-ratchet conversation with post-quantum rekeying. Movable, not copyable; one thread at a time
/// per object. After a move from it, calls that may throw report wrong_state; the others may not be made.
///
/// A session lives in memory: after each encrypt() and decrypt() save it BEFORE the ciphertext leaves or the message is
/// acknowledged, in the transaction that also holds the message. A saved copy that is older than the last ciphertext sent
/// must never be used again. anochat::Client does all this; use Session alone only when you bring your own store.
class Session {
 public:
  Session(Session&& other) noexcept;
  Session& operator=(Session&& other) noexcept;
  ~Session();

  /// Starts a conversation with the device whose verified bundle this is. Nothing is sent until encrypt().
  /// @throws Error{Errc::self_session}   the bundle is this device's own
  /// @throws Error{Errc::bad_key}        the bundle's KEM key is not acceptable
  /// @throws Error{Errc::random_failed}  no key was made
  /// @source docs/protocol.md, section 4
  [[nodiscard]] static Session initiate(const Device& own, const PreKeyBundle& peer, Random& random);

  /// Opens the first message of a conversation that the peer has started.
  ///
  /// Reads the prekeys and changes nothing: in the transaction that stores the session, consume `consumed`. Look up
  /// peek_id() first: a message whose session is already there belongs to that session's decrypt().
  ///
  /// @param message  one message of 1,671 to kMaxMessageLen bytes for which peek_id() gives an id
  /// @throws Error{Errc::bad_message}     malformed or not authentic
  /// @throws Error{Errc::unsupported_version}, Error{Errc::unsupported_suite}
  /// @throws Error{Errc::bad_key}         a public key that is not canonical or of low order
  /// @throws Error{Errc::bad_signature}   the peer's certificate does not verify
  /// @throws Error{Errc::replayed}        accepted before
  /// @throws Error{Errc::prekey_unknown}  a prekey named in it is not here: used up, expired or never made
  /// @throws Error{Errc::self_session}    this device wrote it
  /// @throws Error{Errc::gap_too_large}   more than 1,000 messages are missing before this one
  [[nodiscard]] static AcceptedSession accept(const Device& own, PreKeySource& prekeys, ByteView message, UnixTime now);

  /// The session that an initial message belongs to; nothing for other messages and for what is no message.
  [[nodiscard]] static std::optional<SessionId> peek_id(ByteView message) noexcept;

  /// Bytes that encrypt() will write for a content of this length, from 356 to kMaxMessageLen. Exact until the next
  /// encrypt() or decrypt().
  /// @throws Error{Errc::too_large}  content_len is over 65,536 bytes
  [[nodiscard]] std::size_t message_len(std::size_t content_len) const;

  /// Seals one message and moves the ratchet forward.
  ///
  /// On any error the session is exactly as before the call. Without a ratchet step it makes no heap allocation and no
  /// system call.
  ///
  /// @param content  0 to 65,536 bytes
  /// @param out      at least message_len(content.size()) bytes; must not overlap content
  /// @return bytes written
  /// @throws Error{Errc::too_large}          content is over 65,536 bytes
  /// @throws Error{Errc::buffer_too_small}   out has too little room
  /// @throws Error{Errc::counter_exhausted}  2^31 - 1 messages in one chain: start a new session
  /// @throws Error{Errc::random_failed}      a key was due and could not be made
  std::size_t encrypt(ByteView content, MutableByteView out, Random& random);
  [[nodiscard]] Bytes encrypt(ByteView content, Random& random);

  /// Most bytes of content that a message of this length can hold.
  [[nodiscard]] static std::size_t content_bound(std::size_t message_len) noexcept;

  /// Opens one message and moves the ratchet forward. Messages may come in any order, late, twice or never.
  ///
  /// On any error the session is exactly as before the call, so the caller may go on with the next message.
  ///
  /// @param message  one message, 356 to kMaxMessageLen bytes
  /// @param out      at least content_bound(message.size()) bytes
  /// @param now      only decides which skipped keys are older than 30 days
  /// @return bytes of content written
  /// @throws Error{Errc::bad_message}       malformed, or not authentic in this session; the two are not told apart
  /// @throws Error{Errc::replayed}          opened before, or its key was already dropped
  /// @throws Error{Errc::gap_too_large}     more than 1,000 messages are missing before this one
  /// @throws Error{Errc::unsupported_version}, Error{Errc::unsupported_suite}
  /// @throws Error{Errc::buffer_too_small}  out has too little room
  /// @source docs/protocol.md, section 8
  std::size_t decrypt(ByteView message, MutableByteView out, UnixTime now);
  [[nodiscard]] SecretBytes decrypt(ByteView message, UnixTime now);

  /// Whether this session's keys open the message's header: a message for this session that may still turn out to be
  /// replayed or too far ahead. For finding the session of a message that names nobody; costs a few microseconds at most.
  [[nodiscard]] bool recognises(ByteView message) const noexcept;

  /// Seals something that is worth nothing in a minute: typing, presence. Always kSignalLen bytes. The ratchet does not move
  /// and nothing need be saved; losing a signal costs nothing.
  /// @param content  0 to kMaxSignalContentLen bytes
  /// @throws Error{Errc::too_large}      content is too long
  /// @throws Error{Errc::wrong_state}    no message was sent on this session yet
  /// @throws Error{Errc::random_failed}  no nonce could be made
  /// @source docs/protocol.md, section 9
  [[nodiscard]] Bytes seal_signal(ByteView content, UnixTime now, Random& random);

  /// @throws Error{Errc::bad_message}  malformed or not authentic
  /// @throws Error{Errc::replayed}     not newer than the last one, or more than kSignalLifetime old or ahead
  [[nodiscard]] SecretBytes open_signal(ByteView message, UnixTime now);

  [[nodiscard]] const SessionId& id() const noexcept;
  [[nodiscard]] const Address& peer_address() const noexcept;
  [[nodiscard]] const DeviceIdentity& peer_identity() const noexcept;
  [[nodiscard]] bool is_initiator() const noexcept;
  /// Whether a message of the peer has been opened: until then every message carries the handshake.
  [[nodiscard]] bool is_answered() const noexcept;
  /// Whether encrypt() would refuse with counter_exhausted. An answer of the peer may end that.
  [[nodiscard]] bool is_exhausted() const noexcept;
  /// The epoch of the post-quantum ratchet in which this side sends; grows as fresh ML-KEM secrets are mixed in.
  [[nodiscard]] std::uint64_t pq_epoch() const noexcept;
  [[nodiscard]] std::size_t skipped_key_count() const noexcept;

  /// 32 bytes that both sides can derive and nobody else, for keys of other protocols (media, calls). Stays the same for
  /// the whole session.
  [[nodiscard]] ExportedSecret export_secret(std::string_view label, ByteView context = {}) const noexcept;

  /// The whole state as secret bytes. @source docs/protocol.md, section 11
  [[nodiscard]] SecretBytes save() const;
  /// @throws Error{Errc::unsupported_state}  written by a newer version
  /// @throws Error{Errc::bad_state}          malformed
  [[nodiscard]] static Session load(ByteView saved);

  /// The state without the skipped keys, which a store keeps in rows of their own.
  [[nodiscard]] SecretBytes save_record() const;
  /// @param skipped  what SkippedKeyChanges has added and not removed, in any order; taken over
  /// @throws as load()
  [[nodiscard]] static Session load_record(ByteView record, std::vector<SkippedKeyRecord> skipped);
  [[nodiscard]] const SkippedKeyChanges& skipped_key_changes() const noexcept;

  /// save(), sealed with AEGIS-256 under the caller's key for a store that does not encrypt: a random nonce of 32 bytes,
  /// then the ciphertext with its 32-byte tag. The associated data is "AnoChat/1/state".
  [[nodiscard]] Bytes seal(const StateKey& key, Random& random) const;
  /// @throws Error{Errc::bad_state}          another key, or changed
  /// @throws Error{Errc::unsupported_state}  written by a newer version
  [[nodiscard]] static Session open(const StateKey& key, ByteView sealed);

 private:
  struct State;
  friend struct SessionAccess;  // tests and the vector tool look inside; see tests/support/session_access.hpp
  explicit Session(std::unique_ptr<State> state) noexcept;
  std::unique_ptr<State> state_;
};

/// What Session::accept returns.
struct AcceptedSession {
  Session session;
  SecretBytes content;       ///< of the first message
  Certificate peer;          ///< who has written, verified
  ConsumedPreKeys consumed;  ///< delete these in the transaction that stores the session

  /// The last-resort prekey was used: until the first answer, a later theft of that prekey opens this message.
  [[nodiscard]] bool has_reduced_forward_secrecy() const noexcept { return consumed.kem_kind == KemKind::last_resort; }
};

}  // namespace anochat
