#include "relay_bot.hpp"

#include <anochat/client/client.hpp>
#include <anochat/driver/client_driver.hpp>
#include <anochat/framing/content.hpp>
#include <anochat/storage/key_provider.hpp>

#include "stop.hpp"

#include <cstdio>
#include <filesystem>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace anochat;

Client open_account(const Options& options) {
  RawKey key = key_from_file(options.key_file);
  ClientOptions chosen;
  chosen.allow_strangers = true;  // whoever writes first is let in
  chosen.profile.name = "Echo";
  if (std::filesystem::exists(options.store)) return Client::open(Store::open(options.store, key), chosen);
  return Client::create(Store::create(options.store, key), chosen);
}

/// Two echo servers that answered answers would never stop.
bool wants_answer(const storage::Message& message) {
  const auto kind = static_cast<ContentKind>(message.kind);
  return !message.is_outgoing && !message.deleted_at && kind != ContentKind::reply && kind != ContentKind::timer_change;
}

/// Everything since the mark of reading, oldest first.
std::vector<storage::Message> unread(const storage::Records& records, const storage::Conversation& conversation) {
  std::vector<storage::Message> out;
  storage::MessagePage page = records.messages.latest(conversation.id, 200);
  while (true) {
    for (auto message = page.items.rbegin(); message != page.items.rend(); ++message) {
      if (message->id <= conversation.read_through) return {out.rbegin(), out.rend()};
      out.push_back(*message);
    }
    if (!page.older) return {out.rbegin(), out.rend()};
    page = records.messages.before(conversation.id, *page.older, 200);
  }
}

/// Exactly one answer to each message, also when the process dies between any two lines of this: what was answered is
/// seen from the answers themselves, and the mark moves on only after them.
std::size_t answer(Client& client, ConversationHandle id) {
  const auto conversation = client.snapshot()->conversations.find(id);
  if (!conversation) return 0;
  const std::vector<storage::Message> messages = unread(*client.snapshot(), *conversation);
  if (messages.empty()) return 0;
  std::set<storage::MessageUid> answered;
  for (const storage::Message& message : messages) {
    if (message.is_outgoing && message.reply_to) answered.insert(*message.reply_to);
  }
  std::size_t count = 0;
  for (const storage::Message& message : messages) {
    if (!wants_answer(message) || answered.contains(message.uid)) continue;
    client.reply(message.id, message.body.empty() ? "(this was no text)" : message.body);
    ++count;
  }
  client.mark_read(id, messages.back().id);
  return count;
}

std::size_t answer_all(Client& client) {
  std::vector<ConversationHandle> waiting;
  std::optional<storage::Cursor> after;
  do {
    const storage::ConversationPage page = client.conversations(after, 200);
    for (const storage::Conversation& conversation : page.items) {
      if (conversation.unread > 0) waiting.push_back(conversation.id);
    }
    after = page.next;
  } while (after);
  std::size_t count = 0;
  for (const ConversationHandle conversation : waiting) count += answer(client, conversation);
  return count;
}

}  // namespace

int run_relay_bot(const Options& options) {
  DriverOptions driving;
  driving.relay = options.relay;
  driving.ca_file = options.ca_file;
  ClientDriver driver(open_account(options), driving);
  std::printf("echo %s\n", driver.with([](const Client& client) { return account_text(client.account()); }).c_str());
  std::fflush(stdout);

  std::size_t count = driver.with(answer_all);  // what was left over when the process ended last
  while (stop_requested == 0) {
    std::set<ConversationHandle> written;
    for (const Event& event : driver.wait_events(std::chrono::milliseconds(200))) {
      if (const auto* received = std::get_if<event::MessageReceived>(&event)) written.insert(received->conversation);
    }
    for (const ConversationHandle conversation : written) {
      count += driver.with([conversation](Client& client) { return answer(client, conversation); });
    }
  }
  driver.stop();
  std::printf("answered %zu\n", count);
  return 0;
}
