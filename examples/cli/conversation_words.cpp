// What can be typed in a chat besides messages.
#include <anochat/base/error.hpp>

#include "clean.hpp"
#include "contact_book.hpp"
#include "conversation.hpp"
#include "message_view.hpp"

#include <algorithm>
#include <charconv>

namespace cli {

using namespace anochat;

void Conversation::command(std::string_view word, const std::string& rest) {
  if (word == "quit" || word == "q") {
    is_over_ = true;
  } else if (word == "history") {
    show_history(rest);
  } else if (word == "search") {
    show_hits(rest);
  } else if (word == "react") {
    react(rest);
  } else if (word == "edit") {
    edit(rest);
  } else if (word == "delete") {
    take_back();
  } else if (word == "number") {
    show_number();
  } else {
    help();
  }
}

void Conversation::help() {
  say("/history [N]    the last N messages again");
  say("/search WORDS   in this conversation");
  say("/react EMOJI    on the last message that you received");
  say("/edit TEXT      your last message anew");
  say("/delete         take your last message back");
  say("/number         the safety number");
  say("/quit           leave, as Ctrl-D does");
  say("//TEXT          a message that begins with a slash");
}

void Conversation::show_history(const std::string& count) {
  int wanted = 20;
  std::from_chars(count.data(), count.data() + count.size(), wanted);
  const auto kept = unread_through_;
  show_latest(std::clamp(wanted, 1, 200));
  unread_through_ = kept;  // they were read before
}

void Conversation::show_hits(const std::string& words) {
  if (words.empty()) return say("/search WORDS");
  with([&](const Client& client) {
    storage::SearchQuery query{words};
    query.conversation = conversation_;
    query.limit = 20;
    const storage::SearchPage page = client.search(query);
    if (page.items.empty()) say("Nothing found.");
    for (const storage::SearchHit& hit : page.items) {
      const std::string who = hit.message.is_outgoing ? "me" : name_;
      say(time_text(hit.message.sent_at) + " " + who + ": " + body_of(hit.message, ""));
    }
  });
}

void Conversation::show_number() {
  try {
    const std::string number = with([this](const Client& client) { return client.safety_number(contact_).display(); });
    say("Safety number with " + name_ + ":");
    prompt_.print(number);
    say("The other side must see the same. \"anochat verify --mark\" notes that you have compared it.");
  } catch (const Error& error) {
    if (error.code() != Errc::not_found) throw;
    say("The keys of " + name_ + " are not known yet.");
  }
}

void Conversation::react(const std::string& emoji) {
  if (emoji.empty()) return say("/react EMOJI");
  if (!last_received_) return say("There is no message to react to.");
  with([&](Client& client) { client.react(*last_received_, emoji); });
}

void Conversation::edit(const std::string& text) {
  if (text.empty()) return say("/edit TEXT");
  if (!last_sent_) return say("There is no message of yours to change.");
  with([&](Client& client) { client.edit(*last_sent_, text); });
  say("Your last message now reads: " + clean_line(text));
}

void Conversation::take_back() {
  if (!last_sent_) return say("There is no message of yours to take back.");
  with([&](Client& client) { client.remove_for_all(*last_sent_); });
  say("You have taken your last message back.");
  last_sent_.reset();
  last_status_.reset();
}

}  // namespace cli
