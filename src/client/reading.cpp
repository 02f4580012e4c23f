// The reading half of anochat::Client: everything here is a look at a snapshot, or a mark of the user's own.
#include <anochat/client/client.hpp>

#include <anochat/base/error.hpp>
#include <anochat/framing/limits.hpp>
#include <utility>

#include "client/engine.hpp"
#include "client/explain.hpp"

namespace anochat {

storage::Snapshot Client::snapshot() const { return engine_->store.snapshot(); }
Store& Client::store() noexcept { return engine_->store; }

storage::ConversationPage Client::conversations(const std::optional<storage::Cursor>& after, int limit) const {
  return snapshot()->conversations.list(/*archived=*/false, after, limit);
}
storage::MessagePage Client::latest(ConversationHandle conversation, int limit) const {
  return snapshot()->messages.latest(conversation, limit);
}
storage::MessagePage Client::before(ConversationHandle conversation, const storage::Cursor& cursor, int limit) const {
  return snapshot()->messages.before(conversation, cursor, limit);
}
storage::MessagePage Client::after(ConversationHandle conversation, const storage::Cursor& cursor, int limit) const {
  return snapshot()->messages.after(conversation, cursor, limit);
}
storage::MessagePage Client::around(MessageHandle message, int limit) const { return snapshot()->messages.around(message, limit); }
std::optional<storage::Message> Client::message(MessageHandle message) const { return snapshot()->messages.find(message); }
std::vector<storage::Reaction> Client::reactions(MessageHandle message) const {
  return snapshot()->reactions.of(message, account());
}
storage::SearchPage Client::search(const storage::SearchQuery& query) const { return snapshot()->search.find(query); }
storage::StoreTotals Client::stats() const { return snapshot()->stats.totals(); }
Explanation Client::explain(MessageHandle message) const { return client::explain_message(*snapshot(), message); }
Explanation Client::explain(FailureHandle failure) const { return client::explain_failure(*snapshot(), failure); }

void Client::set_local_name(const AccountId& account, std::string_view name) {
  if (name.size() > kMaxNameLen) throw Error(Errc::too_large, "client.set_local_name");
  engine_->store.write([&](storage::Records& records) { records.contacts.set_local_name(account, name, engine_->now()); });
}
void Client::set_muted_until(ConversationHandle conversation, UnixTime until) {
  engine_->store.write([&](storage::Records& records) { records.conversations.set_muted_until(conversation, until); });
}
void Client::set_pinned(ConversationHandle conversation, bool is_pinned) {
  engine_->store.write([&](storage::Records& records) { records.conversations.set_pinned(conversation, is_pinned); });
}
void Client::set_archived(ConversationHandle conversation, bool is_archived) {
  engine_->store.write([&](storage::Records& records) { records.conversations.set_archived(conversation, is_archived); });
}
void Client::set_draft(ConversationHandle conversation, std::string_view draft) {
  engine_->store.write([&](storage::Records& records) { records.conversations.set_draft(conversation, draft, engine_->now()); });
}

}  // namespace anochat
