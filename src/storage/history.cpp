// The pages of a conversation's history: Messages::latest, before, after and around.

#include <anochat/base/error.hpp>
#include <anochat/storage/messages.hpp>
#include <algorithm>
#include <limits>

#include "storage/connection.hpp"
#include "storage/cursor_codec.hpp"
#include "storage/message_rows.hpp"

namespace anochat::storage {
namespace {

constexpr int kMostPerPage = 500;

/// A cursor stands between two messages: after the one with the number b and before the one that follows it.
Cursor place_after(ConversationId conversation, std::int64_t id) {
  return detail::encode_cursor(detail::CursorKind::history, {static_cast<std::int64_t>(conversation), id, 0});
}

std::int64_t place_of(ConversationId conversation, const Cursor& cursor) {
  const auto value = detail::decode_cursor(detail::CursorKind::history, cursor);
  const bool fits = value.a == static_cast<std::int64_t>(conversation) && value.c == 0 &&
                    value.b >= detail::first_id_of(conversation) - 1 && value.b <= detail::last_id_of(conversation);
  if (!fits) throw Error(Errc::invalid_argument, "messages.page");
  return value.b;
}

/// Up to `limit` messages with a number <= place, oldest first.
std::vector<Message> read_back(detail::Connection& db, ConversationId conversation, std::int64_t place, int limit) {
  auto row = db.query("SELECT " ANOCHAT_MESSAGE_COLUMNS
                      " FROM messages m WHERE id <= ?1 AND id >= ?2 ORDER BY id DESC LIMIT ?3");
  row.bind(place, detail::first_id_of(conversation), limit);
  std::vector<Message> out;
  out.reserve(static_cast<std::size_t>(limit));
  while (row.step()) out.push_back(detail::read_message(row));
  std::ranges::reverse(out);
  return out;
}

std::vector<Message> read_on(detail::Connection& db, ConversationId conversation, std::int64_t place, int limit) {
  auto row = db.query("SELECT " ANOCHAT_MESSAGE_COLUMNS
                      " FROM messages m WHERE id > ?1 AND id <= ?2 ORDER BY id LIMIT ?3");
  row.bind(place, detail::last_id_of(conversation), limit);
  std::vector<Message> out;
  out.reserve(static_cast<std::size_t>(limit));
  while (row.step()) out.push_back(detail::read_message(row));
  return out;
}

bool has_before(detail::Connection& db, ConversationId conversation, std::int64_t id) {
  auto row = db.query("SELECT 1 FROM messages WHERE id < ?1 AND id >= ?2 LIMIT 1");
  return row.bind(id, detail::first_id_of(conversation)).step();
}

/// @param place  where the page was asked for; the cursors of an empty page stay there
MessagePage page_of(detail::Connection& db, ConversationId conversation, std::vector<Message> items,
                    std::int64_t place) {
  MessagePage page;
  const std::int64_t first = items.empty() ? place + 1 : static_cast<std::int64_t>(items.front().id);
  const std::int64_t last = items.empty() ? place : static_cast<std::int64_t>(items.back().id);
  if (has_before(db, conversation, first)) page.older = place_after(conversation, first - 1);
  page.newer = place_after(conversation, last);
  page.items = std::move(items);
  return page;
}

}  // namespace

MessagePage Messages::latest(ConversationId conversation, int limit) const {
  detail::require_limit(limit, kMostPerPage);
  auto items = read_back(db(), conversation, detail::last_id_of(conversation), limit);
  return page_of(db(), conversation, std::move(items), detail::first_id_of(conversation) - 1);
}

MessagePage Messages::before(ConversationId conversation, const Cursor& cursor, int limit) const {
  detail::require_limit(limit, kMostPerPage);
  const std::int64_t place = place_of(conversation, cursor);
  return page_of(db(), conversation, read_back(db(), conversation, place, limit), place);
}

MessagePage Messages::after(ConversationId conversation, const Cursor& cursor, int limit) const {
  detail::require_limit(limit, kMostPerPage);
  const std::int64_t place = place_of(conversation, cursor);
  return page_of(db(), conversation, read_on(db(), conversation, place, limit), place);
}

MessagePage Messages::around(MessageId id, int limit) const {
  detail::require_limit(limit, kMostPerPage);
  const auto center = static_cast<std::int64_t>(id);
  const ConversationId conversation = detail::conversation_of(center);
  if (!find(id)) throw Error(Errc::not_found, "messages.around");
  const int older = limit / 2 + limit % 2;  // the message itself counts as older
  auto items = read_back(db(), conversation, center, older);
  const int room = limit - static_cast<int>(items.size());
  if (room > 0) {
    auto newer = read_on(db(), conversation, center, room);
    std::ranges::move(newer, std::back_inserter(items));
  }
  return page_of(db(), conversation, std::move(items), center);
}

}  // namespace anochat::storage
