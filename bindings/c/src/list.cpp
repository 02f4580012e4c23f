#include "list.hpp"

#include "call.hpp"

#include <algorithm>
#include <utility>

namespace anochat::c {

static_assert(static_cast<int>(storage::ConversationKind::note_to_self) == ANOCHAT_CONVERSATION_NOTE_TO_SELF);
static_assert(static_cast<int>(storage::Consent::denied) == ANOCHAT_CONSENT_DENIED);
static_assert(static_cast<int>(storage::CallOutcome::failed) == ANOCHAT_OUTCOME_FAILED);
static_assert(static_cast<int>(storage::CallMedia::video) + 1 == ANOCHAT_MEDIA_VIDEO);

anochat_list* list_of(ListObject::Items items, std::optional<storage::Cursor> next) {
  auto list = std::make_shared<ListObject>(std::move(items));
  list->cursors[ANOCHAT_CURSOR_NEXT] = std::move(next);
  return make_handle(std::move(list));
}

anochat_list* list_of(storage::MessagePage page) {
  auto list = std::make_shared<ListObject>(std::move(page.items));
  list->cursors[ANOCHAT_CURSOR_OLDER] = std::move(page.older);
  list->cursors[ANOCHAT_CURSOR_NEWER] = std::move(page.newer);
  return make_handle(std::move(list));
}

namespace {

/// The item of a list of this kind.
template <class Item>
const Item& item_of(const ListObject& list, std::size_t index) {
  const auto* items = std::get_if<std::vector<Item>>(&list.items);
  if (items == nullptr) refuse("list", "is a list of other things");
  if (index >= items->size()) refuse("index", "is not below the count");
  return (*items)[index];
}

void set(const char*& to, std::size_t& to_len, std::string_view from) {
  to = from.data();
  to_len = from.size();
}
void set(const std::uint8_t*& to, std::size_t& to_len, ByteView from) {
  to = from.data();
  to_len = from.size();
}
template <class To, std::size_t N>
void set(To& to, const ByteArray<N>& from) {
  static_assert(sizeof to.bytes == N);
  std::copy(from.begin(), from.end(), to.bytes);
}

anochat_message message_of(const storage::Message& from) {
  anochat_message to{};
  to.kind = from.kind;
  to.id = static_cast<std::int64_t>(from.id);
  to.conversation = static_cast<std::int64_t>(from.conversation);
  set(to.uid, from.uid);
  set(to.sender, from.sender.account);
  to.sender_device = from.sender.device;
  to.is_outgoing = from.is_outgoing ? 1 : 0;
  to.status = static_cast<std::int32_t>(from.status);
  to.failure = from.failure.value_or(0);
  to.has_reply_to = from.reply_to ? 1 : 0;
  if (from.reply_to) set(to.reply_to, *from.reply_to);
  to.expire_after_s = static_cast<std::uint32_t>(from.expire_after.count());
  to.sent_at_ms = time_out(from.sent_at);
  to.received_at_ms = time_out(from.received_at);
  to.edited_at_ms = optional_time(from.edited_at);
  to.deleted_at_ms = optional_time(from.deleted_at);
  to.expires_at_ms = optional_time(from.expires_at);
  set(to.body, to.body_len, from.body);
  return to;
}

anochat_message message_of(const storage::SearchHit& from) {
  anochat_message to = message_of(from.message);
  set(to.snippet, to.snippet_len, from.snippet);
  return to;
}

anochat_conversation conversation_of(const storage::Conversation& from) {
  anochat_conversation to{};
  to.kind = static_cast<std::int32_t>(from.kind);
  to.id = static_cast<std::int64_t>(from.id);
  to.last_message = from.last_message ? static_cast<std::int64_t>(*from.last_message) : 0;
  to.read_through = static_cast<std::int64_t>(from.read_through);
  to.unread = from.unread;
  to.created_ms = time_out(from.created);
  to.last_activity_ms = time_out(from.last_activity);
  to.muted_until_ms = time_out(from.muted_until);
  to.expire_after_s = static_cast<std::uint32_t>(from.expire_after.count());
  to.is_pinned = from.is_pinned ? 1 : 0;
  to.is_archived = from.is_archived ? 1 : 0;
  // The uid of a conversation with one account is the account's id.
  to.has_account = from.kind != storage::ConversationKind::group && from.uid.size() == sizeof to.account.bytes ? 1 : 0;
  if (to.has_account == 1) std::copy(from.uid.begin(), from.uid.end(), to.account.bytes);
  set(to.title, to.title_len, from.title);
  set(to.draft, to.draft_len, from.draft);
  return to;
}

anochat_attachment attachment_of(const storage::Attachment& from) {
  anochat_attachment to{};
  to.width = static_cast<std::uint32_t>(from.width);
  to.height = static_cast<std::uint32_t>(from.height);
  to.size = static_cast<std::uint64_t>(from.size);
  to.duration_ms = from.duration_ms;
  std::copy(from.digest.begin(), from.digest.end(), to.digest);
  std::copy(from.key.expose().begin(), from.key.expose().end(), to.key);
  if (from.remote_ref) set(to.blob_id, to.blob_id_len, *from.remote_ref);
  set(to.mime_type, to.mime_type_len, from.mime);
  set(to.name, to.name_len, from.name);
  if (from.preview) set(to.preview, to.preview_len, *from.preview);
  return to;
}

anochat_reaction reaction_of(const storage::Reaction& from) {
  anochat_reaction to{};
  to.is_mine = from.by_me ? 1 : 0;
  to.count = from.count;
  to.latest_ms = time_out(from.latest);
  set(to.emoji, to.emoji_len, from.emoji);
  return to;
}

anochat_contact contact_of(const storage::Contact& from) {
  anochat_contact to{};
  to.consent = static_cast<std::int32_t>(from.consent);
  set(to.account, from.account);
  to.created_ms = time_out(from.created);
  to.profile_updated_ms = optional_time(from.profile_updated);
  set(to.name, to.name_len, from.name);
  set(to.local_name, to.local_name_len, from.local_name);
  if (from.avatar) set(to.avatar, to.avatar_len, *from.avatar);
  return to;
}

anochat_call call_of(const storage::Call& from) {
  anochat_call to{};
  to.outcome = static_cast<std::int32_t>(from.outcome);
  to.conversation = static_cast<std::int64_t>(from.conversation);
  set(to.call, from.uid);
  set(to.peer, from.peer);
  to.is_outgoing = from.is_outgoing ? 1 : 0;
  to.media = static_cast<std::int32_t>(from.media) + 1;
  to.started_ms = time_out(from.started);
  to.answered_ms = optional_time(from.answered);
  to.ended_ms = optional_time(from.ended);
  return to;
}

/// The body of all accessors of structs.
template <class Item, class Struct>
anochat_status get(const anochat_list* list, std::size_t index, Struct* to, const char* name, anochat_error* error,
                   Struct (*translate)(const Item&)) {
  return guard(error, [&] {
    const Use<ListObject> it(list, "list");
    const StructOut<Struct> out(to, name);
    out.set(translate(item_of<Item>(*it, index)));
  });
}

}  // namespace
}  // namespace anochat::c

using namespace anochat;
using namespace anochat::c;

anochat_status anochat_list_count(const anochat_list* list, size_t* count, anochat_error* error) {
  return guard(error, [&] {
    const Use<ListObject> it(list, "list");
    not_null(count, "count") = std::visit([](const auto& items) { return items.size(); }, it->items);
  });
}

anochat_status anochat_list_cursor(const anochat_list* list, int32_t which, const char** cursor, size_t* cursor_len,
                                   anochat_error* error) {
  return guard(error, [&] {
    const Use<ListObject> it(list, "list");
    not_null(cursor, "cursor");
    not_null(cursor_len, "cursor_len");
    const auto index = choice_in<std::size_t>(which, ANOCHAT_CURSOR_NEXT, ANOCHAT_CURSOR_NEWER, "which");
    const auto& at = it->cursors[index];
    *cursor = at ? at->data() : nullptr;
    *cursor_len = at ? at->size() : 0;
  });
}

anochat_status anochat_list_bytes(const anochat_list* list, size_t index, const uint8_t** data, size_t* data_len,
                                  anochat_error* error) {
  return guard(error, [&] {
    const Use<ListObject> it(list, "list");
    not_null(data, "data");
    not_null(data_len, "data_len");
    set(*data, *data_len, item_of<Bytes>(*it, index));
  });
}

anochat_status anochat_list_event(const anochat_list* list, size_t index, anochat_event* event, anochat_error* error) {
  return get<Event>(list, index, event, "event", error, event_of);
}

anochat_status anochat_list_message(const anochat_list* list, size_t index, anochat_message* message,
                                    anochat_error* error) {
  return guard(error, [&] {
    const Use<ListObject> it(list, "list");
    const StructOut<anochat_message> out(message, "message");
    const bool is_search = std::holds_alternative<std::vector<storage::SearchHit>>(it->items);
    out.set(is_search ? c::message_of(item_of<storage::SearchHit>(*it, index))
                      : c::message_of(item_of<storage::Message>(*it, index)));
  });
}

anochat_status anochat_list_conversation(const anochat_list* list, size_t index, anochat_conversation* conversation,
                                         anochat_error* error) {
  return get<storage::Conversation>(list, index, conversation, "conversation", error, conversation_of);
}

anochat_status anochat_list_attachment(const anochat_list* list, size_t index, anochat_attachment* attachment,
                                       anochat_error* error) {
  return get<storage::Attachment>(list, index, attachment, "attachment", error, attachment_of);
}

anochat_status anochat_list_reaction(const anochat_list* list, size_t index, anochat_reaction* reaction,
                                     anochat_error* error) {
  return get<storage::Reaction>(list, index, reaction, "reaction", error, reaction_of);
}

anochat_status anochat_list_contact(const anochat_list* list, size_t index, anochat_contact* contact,
                                    anochat_error* error) {
  return get<storage::Contact>(list, index, contact, "contact", error, contact_of);
}

anochat_status anochat_list_call(const anochat_list* list, size_t index, anochat_call* call, anochat_error* error) {
  return get<storage::Call>(list, index, call, "call", error, call_of);
}

anochat_status anochat_list_free(anochat_list* list, anochat_error* error) {
  return guard(error, [&] { free_handle<ListObject>(list, "list"); });
}
