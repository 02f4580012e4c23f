// What an application shows: lists, history, search, and settings of conversations.
#include <anochat/framing/content.hpp>

#include "list.hpp"
#include "messenger.hpp"

using namespace anochat;
using namespace anochat::c;

namespace {

std::optional<storage::Cursor> cursor_in(const char* cursor, std::size_t cursor_len) {
  const std::string_view text = text_in(cursor, cursor_len, kMostCursor, "cursor");
  if (cursor == nullptr) return std::nullopt;
  return storage::Cursor(text);
}

storage::Cursor needed_cursor(const char* cursor, std::size_t cursor_len) {
  auto at = cursor_in(cursor, cursor_len);
  if (!at) refuse("cursor", "is NULL");
  return *std::move(at);
}

ConversationHandle conversation_of(std::int64_t number) { return ConversationHandle{number}; }
MessageHandle message_of(std::int64_t number) { return MessageHandle{number}; }

storage::SearchQuery query_of(const anochat_search_query& from) {
  constexpr std::size_t kMostQuery = 65'536;  // bytes; 4,096 count
  storage::SearchQuery to;
  to.text = text_in(from.text, from.text_len, kMostQuery, "query.text");
  if (from.conversation != 0) to.conversation = conversation_of(from.conversation);
  if (from.sender != nullptr) to.sender = account_in(from.sender);
  if (from.from_ms != 0) to.from = time_in(from.from_ms);
  if (from.until_ms != 0) to.until = time_in(from.until_ms);
  to.order =
      flag_in(from.by_relevance, "query.by_relevance") ? storage::SearchOrder::relevance : storage::SearchOrder::newest;
  to.after = cursor_in(from.cursor, from.cursor_len);
  if (from.limit != 0) to.limit = from.limit;
  return to;
}

void explain(const StructOut<anochat_explanation>& out, const Explanation& from) {
  anochat_explanation value{};
  value.reason = static_cast<anochat_status>(from.reason);
  value.repair = static_cast<std::int32_t>(from.repair);
  value.will_be_retried = from.will_be_retried ? 1 : 0;
  std::copy_n(from.text.data(), std::min(from.text.size(), sizeof value.text - 1), value.text);
  out.set(value);
}

}  // namespace

anochat_status anochat_client_conversations(const anochat_client* client, const char* cursor, size_t cursor_len,
                                            int32_t limit, anochat_list** conversations, anochat_error* error) {
  return with_client(client, error, [&](const Client& it) {
    not_null(conversations, "conversations");
    storage::ConversationPage page = it.conversations(cursor_in(cursor, cursor_len), limit);
    *conversations = list_of(std::move(page.items), std::move(page.next));
  });
}

anochat_status anochat_client_latest(const anochat_client* client, int64_t conversation, int32_t limit,
                                     anochat_list** messages, anochat_error* error) {
  return with_client(client, error, [&](const Client& it) {
    not_null(messages, "messages") = list_of(it.latest(conversation_of(conversation), limit));
  });
}

anochat_status anochat_client_before(const anochat_client* client, int64_t conversation, const char* cursor,
                                     size_t cursor_len, int32_t limit, anochat_list** messages, anochat_error* error) {
  return with_client(client, error, [&](const Client& it) {
    not_null(messages, "messages");
    *messages = list_of(it.before(conversation_of(conversation), needed_cursor(cursor, cursor_len), limit));
  });
}

anochat_status anochat_client_after(const anochat_client* client, int64_t conversation, const char* cursor,
                                    size_t cursor_len, int32_t limit, anochat_list** messages, anochat_error* error) {
  return with_client(client, error, [&](const Client& it) {
    not_null(messages, "messages");
    *messages = list_of(it.after(conversation_of(conversation), needed_cursor(cursor, cursor_len), limit));
  });
}

anochat_status anochat_client_around(const anochat_client* client, int64_t message, int32_t limit,
                                     anochat_list** messages, anochat_error* error) {
  return with_client(client, error, [&](const Client& it) {
    not_null(messages, "messages") = list_of(it.around(message_of(message), limit));
  });
}

anochat_status anochat_client_message(const anochat_client* client, int64_t message, anochat_list** messages,
                                      anochat_error* error) {
  return with_client(client, error, [&](const Client& it) {
    not_null(messages, "messages");
    std::vector<storage::Message> found;
    if (auto one = it.message(message_of(message))) found.push_back(*std::move(one));
    *messages = list_of(std::move(found));
  });
}

anochat_status anochat_client_custom(const anochat_client* client, int64_t message, anochat_buf* type,
                                     anochat_buf* data, anochat_error* error) {
  return with_client(client, error, [&](const Client& it) {
    const BufOut type_to(type, "type");
    const BufOut data_to(data, "data");
    if (type == data) refuse("data", "is the same as type");
    const auto found = it.message(message_of(message));
    if (!found) throw Error(Errc::not_found, "no such message");
    if (found->kind != ANOCHAT_KIND_CUSTOM || !found->payload) refuse("message", "is not of kind ANOCHAT_KIND_CUSTOM");
    const Content content = decode_content(*found->payload);
    const auto& custom = std::get<content::Custom>(content.kind);
    type_to.set(as_bytes(custom.type));
    data_to.set(custom.data);
  });
}

anochat_status anochat_client_attachments(const anochat_client* client, int64_t message, anochat_list** attachments,
                                          anochat_error* error) {
  return with_client(client, error, [&](const Client& it) {
    not_null(attachments, "attachments") = list_of(it.snapshot()->attachments.of(message_of(message)));
  });
}

anochat_status anochat_client_reactions(const anochat_client* client, int64_t message, anochat_list** reactions,
                                        anochat_error* error) {
  return with_client(client, error, [&](const Client& it) {
    not_null(reactions, "reactions") = list_of(it.reactions(message_of(message)));
  });
}

anochat_status anochat_client_contacts(const anochat_client* client, anochat_list** contacts, anochat_error* error) {
  return with_client(client, error, [&](const Client& it) {
    not_null(contacts, "contacts") = list_of(it.snapshot()->contacts.list());
  });
}

anochat_status anochat_client_calls(const anochat_client* client, const char* cursor, size_t cursor_len, int32_t limit,
                                    anochat_list** calls, anochat_error* error) {
  return with_client(client, error, [&](const Client& it) {
    not_null(calls, "calls");
    storage::CallPage page = it.snapshot()->calls.list(cursor_in(cursor, cursor_len), limit);
    *calls = list_of(std::move(page.items), std::move(page.next));
  });
}

anochat_status anochat_client_search(const anochat_client* client, const anochat_search_query* query,
                                     anochat_list** messages, anochat_error* error) {
  return with_client(client, error, [&](const Client& it) {
    not_null(messages, "messages");
    const anochat_search_query asked = struct_in(query, "query");
    storage::SearchPage page = it.search(query_of(asked));
    *messages = list_of(std::move(page.items), std::move(page.next));
  });
}

anochat_status anochat_client_get_stats(const anochat_client* client, anochat_stats* stats, anochat_error* error) {
  return with_client(client, error, [&](const Client& it) {
    const StructOut<anochat_stats> out(stats, "stats");
    const storage::StoreTotals totals = it.stats();
    anochat_stats value{};
    value.conversations = totals.conversations;
    value.messages = totals.messages;
    value.contacts = totals.contacts;
    value.attachments = totals.attachments;
    value.outbox = totals.outbox;
    value.pages = totals.pages;
    value.free_pages = totals.free_pages;
    out.set(value);
  });
}

anochat_status anochat_client_explain_message(const anochat_client* client, int64_t message,
                                              anochat_explanation* explanation, anochat_error* error) {
  return with_client(client, error, [&](const Client& it) {
    const StructOut<anochat_explanation> out(explanation, "explanation");
    explain(out, it.explain(message_of(message)));
  });
}

anochat_status anochat_client_explain_failure(const anochat_client* client, int64_t failure,
                                              anochat_explanation* explanation, anochat_error* error) {
  return with_client(client, error, [&](const Client& it) {
    const StructOut<anochat_explanation> out(explanation, "explanation");
    explain(out, it.explain(FailureHandle{failure}));
  });
}

anochat_status anochat_client_set_muted_until(anochat_client* client, int64_t conversation, int64_t until_ms,
                                              anochat_error* error) {
  return with_client(client, error,
                     [&](Client& it) { it.set_muted_until(conversation_of(conversation), time_in(until_ms)); });
}

anochat_status anochat_client_set_pinned(anochat_client* client, int64_t conversation, int32_t is_pinned,
                                         anochat_error* error) {
  return with_client(client, error, [&](Client& it) {
    it.set_pinned(conversation_of(conversation), flag_in(is_pinned, "is_pinned"));
  });
}

anochat_status anochat_client_set_archived(anochat_client* client, int64_t conversation, int32_t is_archived,
                                           anochat_error* error) {
  return with_client(client, error, [&](Client& it) {
    it.set_archived(conversation_of(conversation), flag_in(is_archived, "is_archived"));
  });
}

anochat_status anochat_client_set_draft(anochat_client* client, int64_t conversation, const char* draft,
                                        size_t draft_len, anochat_error* error) {
  return with_client(client, error, [&](Client& it) {
    it.set_draft(conversation_of(conversation), text_in(draft, draft_len, kMaxTextLen, "draft"));
  });
}
