#include "unread.hpp"

#include <algorithm>

namespace cli {

using namespace anochat;

namespace {

constexpr int kPage = 200;

void collect(const storage::Records& records, const storage::Conversation& conversation,
             std::vector<MessageHandle>& out) {
  std::vector<MessageHandle> newest_first;
  storage::MessagePage page = records.messages.latest(conversation.id, kPage);
  for (bool has_more = true; has_more;) {
    has_more = page.older.has_value();
    for (auto message = page.items.rbegin(); message != page.items.rend(); ++message) {
      if (message->id <= conversation.read_through) has_more = false;
      if (message->id > conversation.read_through && !message->is_outgoing) newest_first.push_back(message->id);
    }
    if (has_more) page = records.messages.before(conversation.id, *page.older, kPage);
  }
  out.insert(out.end(), newest_first.rbegin(), newest_first.rend());
}

}  // namespace

std::vector<MessageHandle> unread_messages(const Client& client) {
  std::vector<MessageHandle> out;
  const storage::Snapshot now = client.snapshot();
  std::optional<storage::Cursor> after;
  do {
    const storage::ConversationPage page = now->conversations.list(/*archived=*/false, after, kPage);
    for (const storage::Conversation& conversation : page.items) {
      if (conversation.unread > 0) collect(*now, conversation, out);
    }
    after = page.next;
  } while (after);
  return out;
}

}  // namespace cli
