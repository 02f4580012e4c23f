#include "conversation.hpp"

#include <anochat/base/error.hpp>

#include "clean.hpp"
#include "contact_book.hpp"
#include "message_view.hpp"

#include <utility>

namespace cli {

using namespace anochat;

namespace {

constexpr int kLatest = 10;                      // messages shown at the start
constexpr std::chrono::seconds kTypingAgain{4};  // between two signals while somebody goes on typing

constexpr int kIndent = 6;  // columns before further lines, which makes them stand below "12:03 "

}  // namespace

Conversation::Conversation(const Context& context, Online& online, Prompt& prompt, const AccountId& contact)
    : context_(context), online_(online), prompt_(prompt), contact_(contact) {
  with([this](Client& client) {
    conversation_ = client.conversation_with(contact_);
    name_ = name_of(client, contact_);
    trust_ = client.trust(contact_);
  });
}

void Conversation::begin() {
  show_latest(kLatest);
  say("You talk with " + name_ + ". /help lists the commands, Ctrl-D or /quit leaves.");
  tick();
}

void Conversation::say(std::string_view text) {
  if (context_.out.is_json()) {
    context_.out.row(Json().add("type", "note").add("text", text));
  } else {
    prompt_.print(context_.out.paint(Colour::dim, "* " + wrap(text, 2, prompt_.columns() - 1, 2)));
  }
}

void Conversation::show(const Client& client, const storage::Message& message) {
  if (message.is_outgoing) {
    last_sent_ = message.id;
    last_status_ = message.status;
  } else {
    last_received_ = message.id;
    unread_through_ = message.id;
  }
  if (context_.out.is_json()) {
    context_.out.row(json_of(*client.snapshot(), message, client.account()));
    return;
  }
  const std::string time = clock_text(message.sent_at);
  const std::string who = (message.is_outgoing ? "me" : name_) + ":";
  const std::string body = body_of(message, prompt_.columns() > 0 ? "" : "      ");
  prompt_.print(context_.out.paint(Colour::dim, time) + " " +
                context_.out.paint(message.is_outgoing ? Colour::bold : Colour::green, who) + " " +
                wrap(body, kIndent + width_of(who) + 1, prompt_.columns() - 1, kIndent) +
                (message.edited_at ? context_.out.paint(Colour::dim, " (edited)") : ""));
}

void Conversation::show_latest(int count) {
  with([&](const Client& client) {
    for (const storage::Message& message : client.latest(conversation_, count).items) show(client, message);
  });
}

void Conversation::take_line(const std::string& line) {
  try {
    if (line.starts_with("//")) return send(line.substr(1));
    if (line.starts_with('/')) {
      const std::size_t space = line.find(' ');
      return command(line.substr(1, space - 1), space == std::string::npos ? "" : line.substr(space + 1));
    }
    if (line.find_first_not_of(" \t") != std::string::npos) send(line);
  } catch (const Error& error) {  // the conversation goes on
    say(message_of(error.code()));
    if (const auto advice = advice_for(error.code()); !advice.empty()) say(advice);
  } catch (const Failure& failure) {
    say(failure.what());
  }
}

void Conversation::send(const std::string& text) {
  is_typing_ = false;  // a message ends it on the other side by itself
  with([&](Client& client) {
    const MessageHandle sent = client.send_text(conversation_, text);
    last_sent_ = sent;
    last_status_ = storage::MessageStatus::queued;
    const auto message = client.message(sent);
    if (message && (context_.out.is_json() || !prompt_.shows_typed_lines())) show(client, *message);
  });
}

void Conversation::take_event(const Event& event) {
  std::visit([this](const auto& what) { on(what); }, event);
}

void Conversation::on(const event::MessageReceived& received) {
  with([&](const Client& client) {
    if (received.conversation != conversation_) {
      return say(name_of(client, received.sender) + " has written, too; \"anochat recv\" shows it.");
    }
    is_peer_typing_ = false;
    if (const auto message = client.message(received.message)) show(client, *message);
  });
}

void Conversation::on(const event::MessageStatus& moved) {
  if (moved.message == last_sent_) last_status_ = moved.status;
  if (moved.failure) say("A message has failed: " + std::string(message_of(*moved.failure)));
}

void Conversation::on(const event::Typing& typing) {
  if (typing.conversation == conversation_) is_peer_typing_ = typing.is_typing;
}

/// What this side has changed was said when it was typed.
void Conversation::on(const event::MessageEdited& edited) {
  with([&](const Client& client) {
    const auto message = client.message(edited.message);
    if (!message || message->is_outgoing || edited.conversation != conversation_) return;
    say(name_ + " has changed a message: " + body_of(*message, ""));
  });
}

void Conversation::on(const event::MessageDeleted& deleted) {
  with([&](const Client& client) {
    const auto message = client.message(deleted.message);
    if (!message || message->is_outgoing || deleted.conversation != conversation_) return;
    say(name_ + " has taken a message back.");
  });
}

void Conversation::on(const event::ReactionsChanged& reacted) {
  if (reacted.conversation != conversation_) return;
  with([&](const Client& client) {
    const auto message = client.message(reacted.message);
    if (!message) return;
    std::string all;
    for (const storage::Reaction& reaction : client.reactions(reacted.message)) all += " " + clean_line(reaction.emoji);
    say("\"" + std::string(fit(clean_line(message->body), 40)) + "\"" +
        (all.empty() ? " has no reaction any more" : all));
  });
}

void Conversation::on(const event::IdentityChanged& changed) {
  if (changed.device.account != contact_) return;
  say("Careful: the keys of " + name_ + " have changed. /number shows the new safety number.");
}

void Conversation::on(const event::DecryptFailure& /*failure*/) {
  say("A message could not be opened; it was asked for again if that is possible.");
}

std::string Conversation::status() const {
  std::string out = name_ + (trust_ == TrustState::verified ? " (verified)" : "");
  switch (online_.driver().state().phase) {
    case ConnectionState::Phase::online:
      out += " | online";
      break;
    case ConnectionState::Phase::waiting:
      out += " | no relay, trying again";
      break;
    default:
      out += " | connecting";
  }
  if (last_status_) out.append(" | last message ").append(text_of(*last_status_));
  if (is_peer_typing_ && online_.driver().state().phase == ConnectionState::Phase::online)
    out += " | " + name_ + " is typing ...";
  return out;
}

void Conversation::set_typing(bool is_typing) {
  const bool is_due = is_typing && Clock::now() - typing_told_ > kTypingAgain;
  if (is_typing == is_typing_ && !is_due) return;
  is_typing_ = is_typing;
  typing_told_ = Clock::now();
  with([&](Client& client) { client.set_typing(conversation_, is_typing); });
}

void Conversation::tick() {
  set_typing(prompt_.has_unfinished_line());
  if (unread_through_) {
    with([this](Client& client) { client.mark_read(conversation_, *unread_through_); });
    unread_through_.reset();
  }
  if (!context_.out.is_json()) prompt_.set_status(status());
}

void Conversation::end() {
  set_typing(false);
  const std::int64_t waiting = with([](const Client& client) { return client.stats().outbox; });
  if (waiting > 0) say(std::to_string(waiting) + " envelopes are queued and go out with the next connection.");
}

}  // namespace cli
