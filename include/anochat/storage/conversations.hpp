// anochat/storage/conversations.hpp - conversations, their members, and the list that an application shows.
#pragma once

#include <anochat/storage/repository.hpp>
#include <anochat/storage/types.hpp>
#include <chrono>
#include <optional>
#include <string_view>
#include <vector>

namespace anochat::storage {

enum class ConversationKind : std::uint8_t { direct = 0, group = 1, note_to_self = 2 };

struct Conversation {
  ConversationId id{};
  Bytes uid;  ///< the same on every device
  ConversationKind kind = ConversationKind::direct;
  std::string title;
  UnixTime created;
  std::optional<MessageId> last_message;
  UnixTime last_activity;
  std::int64_t unread = 0;
  MessageId read_through{};  ///< everything up to here was read
  UnixTime muted_until;
  bool is_pinned = false;
  bool is_archived = false;
  std::chrono::seconds expire_after{};  ///< 0: messages stay
  std::string draft;
};

struct Member {
  AccountId account{};
  std::int32_t role = 0;
  UnixTime joined;
  std::optional<UnixTime> departed;
};

struct ConversationPage {
  std::vector<Conversation> items;  ///< pinned first, then the latest activity first
  std::optional<Cursor> next;       ///< nothing at the end
};

struct GroupState {
  std::int64_t epoch = 0;
  SecretBytes state;
};

class Conversations : public Repository {
 public:
  using Repository::Repository;

  /// @throws Error{Errc::already_exists}    the uid is known
  /// @throws Error{Errc::counter_exhausted} 4,194,303 conversations were made in this store
  ConversationId create(ConversationKind kind, ByteView uid, UnixTime now);
  [[nodiscard]] std::optional<Conversation> find(ConversationId id) const;
  [[nodiscard]] std::optional<Conversation> find(ByteView uid) const;
  /// The direct conversation with this account.
  [[nodiscard]] std::optional<Conversation> find_direct(const AccountId& account) const;
  /// @param limit  1 to 200
  [[nodiscard]] ConversationPage list(bool archived, const std::optional<Cursor>& after, int limit) const;
  [[nodiscard]] std::int64_t unread_total(bool with_muted, UnixTime now) const;

  void set_title(ConversationId id, std::string_view title);
  void set_muted_until(ConversationId id, UnixTime until);
  void set_pinned(ConversationId id, bool pinned);
  void set_archived(ConversationId id, bool archived);
  void set_expire_after(ConversationId id, std::chrono::seconds after);
  void set_draft(ConversationId id, std::string_view draft, UnixTime now);
  /// Everything up to `through` is read. Never goes back. Starts the timers of disappearing messages.
  /// @return the incoming messages that became read by this
  std::vector<MessageId> mark_read(ConversationId id, MessageId through, UnixTime now);
  /// Removes the conversation with everything in it.
  bool remove(ConversationId id);

  void set_member(ConversationId id, const Member& member);
  [[nodiscard]] std::vector<Member> members(ConversationId id) const;
  bool remove_member(ConversationId id, const AccountId& account);

  void save_group_state(ConversationId id, std::int64_t epoch, ByteView state, UnixTime now);
  [[nodiscard]] std::optional<GroupState> group_state(ConversationId id) const;  ///< the newest epoch
  std::int64_t remove_group_states_before(ConversationId id, std::int64_t epoch);
};

}  // namespace anochat::storage
