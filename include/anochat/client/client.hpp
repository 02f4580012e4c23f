// anochat/client/client.hpp - a whole end-to-end encrypted messenger without its screen, socket, thread and clock.
#pragma once

#include <anochat/base/bytes.hpp>
#include <anochat/base/clock.hpp>
#include <anochat/base/error.hpp>
#include <anochat/client/events.hpp>
#include <anochat/client/options.hpp>
#include <anochat/client/types.hpp>
#include <anochat/crypto/address.hpp>
#include <anochat/crypto/safety_number.hpp>
#include <anochat/framing/content_kinds.hpp>
#include <anochat/storage/store.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace anochat {

namespace client {
struct Engine;
}

/// One message for send_many().
struct OutgoingMessage {
  ConversationHandle conversation{};
  content::Kind content;
};

/// How a connection to the relay came to its end.
struct Goodbye {
  Errc code{};  ///< already_exists: a newer connection of this device; rate_limited, timed_out, unauthorised, ...
  std::chrono::milliseconds retry_after{0};  ///< when to come back; 0: the relay named no time
};

/// One device of an account: its conversations, contacts and trust, and the conversation with its relay.
///
/// Sending is a committed transaction: when send() returns, the message, the moved ratchet and the ciphertext are in the
/// store together, and only then outgoing() hands the ciphertext out. Receiving is one as well: when outgoing()
/// acknowledges a message, it is in the store. A process that dies at any moment loses nothing and sends nothing twice.
///
/// A driver connects it to a relay: bytes of each relay frame go into receive(), what outgoing() returns goes to the
/// relay, tick() is called at next_timer(). Events wait in take_events().
///
/// One thread at a time per object. Besides what is stated, every call may throw Error with the codes of Store (disk_full,
/// io_failed, store_corrupt, ...) or random_failed; the call then changed nothing and may be repeated.
class Client {
 public:
  /// Makes a new account with its first device in an empty store.
  /// @throws Error{Errc::already_exists}    the store has an account
  /// @throws Error{Errc::invalid_argument}, Error{Errc::too_large}  an option out of range; the store stays empty
  [[nodiscard]] static Client create(Store store, ClientOptions options = {});
  /// @throws Error{Errc::not_found}  the store has no account
  [[nodiscard]] static Client open(Store store, ClientOptions options = {});

  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;
  ~Client();

  [[nodiscard]] const Address& address() const noexcept;
  [[nodiscard]] const AccountId& account() const noexcept { return address().account; }

  // ----- for the driver -----

  void connected();     ///< there is a fresh connection; the relay speaks first
  void disconnected();  ///< what was in flight will be sent again
  /// Takes one frame of the relay.
  /// @throws Error{Errc::bad_message}, Error{Errc::too_large}  not a relay frame: close the connection
  void receive(ByteView relay_frame);
  /// Encoded frames for the relay, in order. Empty when there is nothing to do now.
  [[nodiscard]] std::vector<Bytes> outgoing();
  [[nodiscard]] bool is_online() const noexcept;  ///< connected and logged in
  /// There is one when the relay has said its last word on this connection, or is not the relay that was asked for:
  /// close it. Kept until connected().
  [[nodiscard]] std::optional<Goodbye> goodbye() const noexcept;
  [[nodiscard]] std::optional<UnixTime> next_timer() const;
  void tick();  ///< does what is due; harmless at any time

  // ----- events -----

  [[nodiscard]] std::optional<Event> poll_event();
  [[nodiscard]] std::vector<Event> take_events(std::size_t most = 1'000);
  /// `notify` is called when there are events or outgoing frames after there were none, inside the call that made them. It
  /// must not call back: let it write to a descriptor that the driver polls.
  void set_notifier(std::function<void()> notify);

  // ----- writing -----

  /// The conversation with an account, made when there is none. The own account gives the notes to oneself.
  ConversationHandle conversation_with(const AccountId& account);

  /// Sends a Text, Reply, Attachment, Custom or TimerChange, also while offline.
  /// @throws Error{Errc::untrusted_identity}  the peer's identity changed: accept_identity() first
  /// @throws Error{Errc::blocked}             the peer is blocked
  /// @throws Error{Errc::not_found}           no such conversation
  /// @throws Error{Errc::invalid_argument}, Error{Errc::too_large}  content that breaks its rules, or another kind
  MessageHandle send(ConversationHandle conversation, content::Kind content);
  MessageHandle send_text(ConversationHandle conversation, std::string_view text);
  /// All of them in one transaction, which costs one sync: all or none.
  std::vector<MessageHandle> send_many(std::span<OutgoingMessage> messages);
  MessageHandle reply(MessageHandle to, std::string_view text);
  /// @throws Error{Errc::invalid_argument}  not an own message with text, or deleted
  void edit(MessageHandle message, std::string_view text);
  /// Takes an own message back everywhere. @throws Error{Errc::invalid_argument}  somebody else's
  void remove_for_all(MessageHandle message);
  void react(MessageHandle message, std::string_view emoji, bool is_on = true);
  /// Everything up to here was read. Starts the timers of disappearing messages.
  void mark_read(ConversationHandle conversation, MessageHandle through);
  void set_expire_timer(ConversationHandle conversation, std::chrono::seconds timer);
  void set_profile(ProfileInfo profile);

  // ----- signals: never stored, lost when nobody listens -----

  void set_typing(ConversationHandle conversation, bool is_typing);
  void set_presence(content::PresenceStatus status);

  // ----- calls: signalling only -----

  CallId start_call(ConversationHandle conversation, content::CallMedia media, ByteView offer);
  /// An answer, ICE candidates, hang-up or busy. @throws Error{Errc::not_found}  no such call
  void signal_call(ConversationHandle conversation, const CallId& call, content::CallSignalType type, ByteView payload = {});

  // ----- trust -----

  /// Lets an account in: its messages become normal ones, it gets receipts and the own profile.
  void allow(const AccountId& account);
  void deny(const AccountId& account);
  void block(const AccountId& account);
  /// What the user calls an account, 0 to 256 bytes of UTF-8. Stays in this store.
  void set_local_name(const AccountId& account, std::string_view name);
  [[nodiscard]] TrustState trust(const AccountId& account) const;
  /// @throws Error{Errc::not_found}  no device list of this account is known yet
  [[nodiscard]] SafetyNumber safety_number(const AccountId& account) const;
  void mark_verified(const AccountId& account);
  void accept_identity(const AccountId& account);

  // ----- reading -----

  /// A still picture of everything: conversations, history, search, contacts, calls, statistics. Keep it short.
  [[nodiscard]] storage::Snapshot snapshot() const;
  [[nodiscard]] storage::ConversationPage conversations(const std::optional<storage::Cursor>& after = {}, int limit = 50) const;
  [[nodiscard]] storage::MessagePage latest(ConversationHandle conversation, int limit = 50) const;
  [[nodiscard]] storage::MessagePage before(ConversationHandle conversation, const storage::Cursor& cursor, int limit = 50) const;
  [[nodiscard]] storage::MessagePage after(ConversationHandle conversation, const storage::Cursor& cursor, int limit = 50) const;
  [[nodiscard]] storage::MessagePage around(MessageHandle message, int limit = 50) const;
  [[nodiscard]] std::optional<storage::Message> message(MessageHandle message) const;
  [[nodiscard]] std::vector<storage::Reaction> reactions(MessageHandle message) const;
  [[nodiscard]] storage::SearchPage search(const storage::SearchQuery& query) const;
  [[nodiscard]] storage::StoreTotals stats() const;
  [[nodiscard]] Explanation explain(MessageHandle message) const;
  [[nodiscard]] Explanation explain(FailureHandle failure) const;

  void set_muted_until(ConversationHandle conversation, UnixTime until);
  void set_pinned(ConversationHandle conversation, bool is_pinned);
  void set_archived(ConversationHandle conversation, bool is_archived);
  void set_draft(ConversationHandle conversation, std::string_view draft);

  /// The store, for backup, keys and maintenance. Its records belong to the client: do not write them.
  [[nodiscard]] Store& store() noexcept;

 private:
  explicit Client(std::unique_ptr<client::Engine> engine) noexcept;
  std::unique_ptr<client::Engine> engine_;
};

}  // namespace anochat
