#include "message_view.hpp"

#include <anochat/framing/content.hpp>

#include "clean.hpp"
#include "contact_book.hpp"
#include "exit_code.hpp"

#include <charconv>
#include <iterator>

namespace cli {

using namespace anochat;

namespace {

AccountId contact_of(const storage::Records& records, const storage::Message& message) {
  if (!message.is_outgoing) return message.sender.account;
  const auto conversation = records.conversations.find(message.conversation);
  return conversation ? peer_of(*conversation) : AccountId{};
}

std::string reactions_json(const std::vector<storage::Reaction>& reactions) {
  std::string out = "[";
  for (const storage::Reaction& reaction : reactions) {
    if (out.size() > 1) out += ',';
    out += Json().add("emoji", reaction.emoji).add("count", reaction.count).add("by_me", reaction.by_me).text();
  }
  return out + "]";
}

std::string reactions_text(const std::vector<storage::Reaction>& reactions) {
  std::string out;
  for (const storage::Reaction& reaction : reactions) {
    out.append(out.empty() ? "" : " ").append(clean_line(reaction.emoji));
    if (reaction.count > 1) out.append(" ").append(std::to_string(reaction.count));
  }
  return out;
}

}  // namespace

std::string id_text(MessageHandle message) {
  char text[16] = {};
  const char* const end = std::to_chars(std::begin(text), std::end(text), static_cast<std::int64_t>(message), 36).ptr;
  return {text, static_cast<std::size_t>(end - text)};
}

MessageHandle parse_id(std::string_view text) {
  std::int64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value, 36);
  if (text.empty() || error != std::errc() || stop != end || value < 1) {
    throw Failure(ExitCode::not_found, "There is no message of this name.", "\"anochat history\" shows the names.");
  }
  return static_cast<MessageHandle>(value);
}

std::string_view text_of(storage::MessageStatus status) noexcept {
  switch (status) {
    case storage::MessageStatus::queued:
      return "queued";
    case storage::MessageStatus::sent:
      return "sent";
    case storage::MessageStatus::delivered:
      return "delivered";
    case storage::MessageStatus::read:
      return "read";
    case storage::MessageStatus::failed:
      return "failed";
    case storage::MessageStatus::received:
      return "received";
  }
  return "";
}

std::string body_of(const storage::Message& message, std::string_view indent) {
  if (message.deleted_at) return "(taken back)";
  switch (static_cast<ContentKind>(message.kind)) {
    case ContentKind::timer_change:
      return "(changed how long messages stay)";
    case ContentKind::attachment:
      return "(a file) " + clean_text(message.body, indent);
    case ContentKind::text:
    case ContentKind::reply:
      return clean_text(message.body, indent);
    default:
      return message.body.empty() ? "(something this program cannot show)" : clean_text(message.body, indent);
  }
}

Json json_of(const storage::Records& records, const storage::Message& message, const AccountId& self) {
  const AccountId contact = contact_of(records, message);
  Json out;
  out.add("type", "message").add("id", id_text(message.id));
  out.add("contact", account_text(contact)).add("name", name_of(records, contact));
  out.add("outgoing", message.is_outgoing).add("kind", name_of(static_cast<ContentKind>(message.kind)));
  out.add("text", message.body).add("status", text_of(message.status));
  out.add("sent_at", message.sent_at).add("received_at", message.received_at);
  out.add("edited", message.edited_at.has_value()).add("deleted", message.deleted_at.has_value());
  return out.add_raw("reactions", reactions_json(records.reactions.of(message.id, self)));
}

std::string line_of(const storage::Records& records, const storage::Message& message, const AccountId& self,
                    const Output& out) {
  const std::string who = message.is_outgoing ? "me" : name_of(records, message.sender.account);
  std::string line = out.paint(Colour::dim, id_text(message.id) + "  " + time_text(message.sent_at)) + "  " +
                     out.paint(Colour::bold, who + ":") + " " + body_of(message, "         ");
  if (message.edited_at) line += out.paint(Colour::dim, " (edited)");
  if (message.is_outgoing) {
    const bool has_failed = message.status == storage::MessageStatus::failed;
    line += out.paint(has_failed ? Colour::red : Colour::dim, " (" + std::string(text_of(message.status)) + ")");
  }
  const std::string reactions = reactions_text(records.reactions.of(message.id, self));
  return reactions.empty() ? line : line + "  [" + reactions + "]";
}

void show_message(const storage::Records& records, const storage::Message& message, const AccountId& self,
                  const Output& out) {
  if (out.is_json()) {
    out.row(json_of(records, message, self));
  } else {
    out.line(line_of(records, message, self, out));
  }
}

}  // namespace cli
