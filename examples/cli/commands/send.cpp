// send - hands messages to the relay, or leaves them in the store until there is one.
#include <anochat/framing/limits.hpp>

#include "../contact_book.hpp"
#include "../message_view.hpp"
#include "../online.hpp"
#include "../stop_signal.hpp"
#include "commands.hpp"

#include <cerrno>
#include <set>
#include <unistd.h>

namespace cli {

using namespace anochat;

namespace {

constexpr std::size_t kBatch = 50;  // lines that share a transaction

[[noreturn]] void refuse_size() {
  throw Failure(ExitCode::usage, "A message can have " + std::to_string(kMaxTextLen) + " bytes; this one is longer.",
                "Send it in pieces.");
}

/// Text from stdin, in pieces that are whole messages. Reads no further than it must, so a pipe may be slow.
class Source {
 public:
  explicit Source(bool by_line) : by_line_(by_line) {}

  /// The next messages, at most kBatch; empty at the end.
  std::vector<std::string> next() {
    std::vector<std::string> out;
    while (out.empty() && (!is_over_ || !rest_.empty())) {
      if (!is_over_) read_more();
      take_lines(out);
    }
    return out;
  }

 private:
  void read_more() {
    char piece[16'384];
    const ssize_t got = ::read(STDIN_FILENO, piece, sizeof piece);
    if (got < 0 && errno == EINTR && !is_stopping()) return;
    if (got <= 0) is_over_ = true;
    if (got > 0) rest_.append(piece, static_cast<std::size_t>(got));
    if (rest_.size() > kMaxTextLen && rest_.find('\n') == std::string::npos) refuse_size();
    if (!by_line_ && rest_.size() > 2 * kMaxTextLen) refuse_size();
  }

  void take_lines(std::vector<std::string>& out) {
    for (std::size_t end = rest_.find('\n'); by_line_ && end != std::string::npos && out.size() < kBatch;
         end = rest_.find('\n')) {
      if (end != 0) out.push_back(rest_.substr(0, end));
      rest_.erase(0, end + 1);
    }
    if (!is_over_ || out.size() == kBatch) return;
    while (!rest_.empty() && rest_.back() == '\n') rest_.pop_back();
    if (!rest_.empty()) out.push_back(std::exchange(rest_, {}));
  }

  bool by_line_;
  bool is_over_ = false;
  std::string rest_;
};

/// The messages of this run that the relay has not got yet.
class Waiting {
 public:
  explicit Waiting(const Context& context) : context_(context) {}

  void add(const std::vector<MessageHandle>& messages) { waiting_.insert(messages.begin(), messages.end()); }
  [[nodiscard]] bool is_empty() const { return waiting_.empty(); }
  [[nodiscard]] std::size_t size() const { return waiting_.size(); }

  void take(Client& client, const Event& event) {
    const auto* status = std::get_if<event::MessageStatus>(&event);
    if (status == nullptr || waiting_.erase(status->message) == 0) return;
    tell(client, status->message);
    if (status->status != storage::MessageStatus::failed) return;
    const Errc reason = status->failure.value_or(Errc::internal);
    throw Failure(exit_code_of(reason), "The message failed: " + std::string(message_of(reason)),
                  std::string(advice_for(reason)));
  }
  /// What is still on its way when the patience is over.
  void tell_queued(Client& client) const {
    for (const MessageHandle message : waiting_) tell(client, message);
  }

 private:
  void tell(Client& client, MessageHandle handle) const {
    if (!context_.out.is_json()) return;
    const storage::Snapshot now = client.snapshot();
    if (const auto message = now->messages.find(handle)) context_.out.row(json_of(*now, *message, client.account()));
  }

  const Context& context_;
  std::set<MessageHandle> waiting_;
};

std::vector<MessageHandle> store(Client& client, ConversationHandle conversation,
                                 const std::vector<std::string>& texts) {
  std::vector<OutgoingMessage> messages;
  for (const std::string& text : texts) {
    if (text.size() > kMaxTextLen) refuse_size();
  }
  for (const std::string& text : texts) messages.push_back({conversation, content::Text{text}});
  return client.send_many(messages);
}

std::string queued_text(std::size_t count) {
  return (count == 1 ? "The message is" : std::to_string(count) + " messages are") +
         std::string(" queued and will go out with the next connection.");
}

ExitCode give_up(const Context& context, Online& online, Waiting& waiting, std::string_view name) {
  online.driver().with([&](Client& client) { waiting.tell_queued(client); });
  online.set_consequence(queued_text(waiting.size()));
  if (online.driver().state().phase != ConnectionState::Phase::online) throw online.why_offline();
  context.out.note("The relay does not have the keys of " + std::string(name) + " yet, or is slow.");
  context.out.note(queued_text(waiting.size()));
  return ExitCode::network;
}

}  // namespace

ExitCode run_send(const Context& context) {
  const Arguments& args = context.args;
  Client opened = context.open();
  const AccountId contact = find_contact(opened, args.contact);
  const std::string name = name_of(opened, contact);
  const ConversationHandle conversation = opened.conversation_with(contact);
  Online online(context, std::move(opened));

  Waiting waiting(context);
  const auto take = [&](const Event& event) {
    online.driver().with([&](Client& client) { waiting.take(client, event); });
  };
  std::size_t stored = 0;
  const auto send = [&](const std::vector<std::string>& texts) {
    waiting.add(online.driver().with([&](Client& client) { return store(client, conversation, texts); }));
    stored += texts.size();
  };
  if (args.text.empty() || args.text == "-") {
    Source source(args.lines);
    catch_stop_signals();
    for (auto texts = source.next(); !texts.empty() && !is_stopping(); texts = source.next()) {
      send(texts);
      for (const Event& event : online.driver().take_events()) take(event);
    }
  } else {
    send({args.text});
  }
  if (stored == 0) throw Failure(ExitCode::usage, "There is nothing to send.", "Give a text, or pipe one in.");

  for (std::size_t before = 0; !waiting.is_empty() && waiting.size() != before;) {  // patient while it moves
    before = waiting.size();
    online.set_consequence(queued_text(before));
    if (online.run(
            args.patience(), [&] { return waiting.is_empty(); }, take) == Online::End::stopped)
      break;
  }
  if (!waiting.is_empty()) return give_up(context, online, waiting, name);
  context.out.note(stored == 1 ? "sent" : std::to_string(stored) + " messages sent");
  return ExitCode::success;
}

}  // namespace cli
