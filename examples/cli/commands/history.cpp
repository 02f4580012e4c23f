// history, search, call-log - reading what is in the store, page by page, without any network.
#include "../clean.hpp"
#include "../contact_book.hpp"
#include "../message_view.hpp"
#include "commands.hpp"

namespace cli {

using namespace anochat;

namespace {

constexpr std::int64_t kDefaultPage = 20;

int page_size(const Context& context) { return static_cast<int>(context.args.count.value_or(kDefaultPage)); }

/// The last row of a page: where the next one begins.
void show_next(const Context& context, const std::optional<storage::Cursor>& next, std::string_view what) {
  context.out.row(Json().add("type", "page").add("next", next));
  if (next) context.out.note(std::string(what) + ": --cursor " + *next);
}

/// A snippet marks its hits with two private characters; they become bold, or vanish.
std::string marked(std::string_view snippet, const Output& out) {
  constexpr std::string_view kBegin = "\uE000";
  constexpr std::string_view kEnd = "\uE001";
  std::string text;
  while (!snippet.empty()) {
    const std::size_t begin = snippet.find(kBegin);
    text += clean_line(snippet.substr(0, begin));
    if (begin == std::string_view::npos) break;
    snippet.remove_prefix(begin + kBegin.size());
    const std::size_t end = snippet.find(kEnd);
    text += out.paint(Colour::yellow, clean_line(snippet.substr(0, end)));
    snippet.remove_prefix(end == std::string_view::npos ? snippet.size() : end + kEnd.size());
  }
  return text;
}

std::string_view text_of(storage::CallOutcome outcome) {
  constexpr std::string_view kNames[] = {"ringing", "answered", "declined", "missed", "busy", "failed"};
  return kNames[static_cast<std::size_t>(outcome)];
}

void show_call(const Context& context, const storage::Records& records, const storage::Call& call) {
  const std::string_view media = call.media == storage::CallMedia::video ? "video" : "audio";
  const std::string name = name_of(records, call.peer);
  context.out.row(Json()
                      .add("type", "call")
                      .add("contact", account_text(call.peer))
                      .add("name", name)
                      .add("outgoing", call.is_outgoing)
                      .add("media", media)
                      .add("outcome", text_of(call.outcome))
                      .add("started", call.started)
                      .add("answered", call.answered)
                      .add("ended", call.ended));
  context.out.line(time_text(call.started) + "  " + (call.is_outgoing ? "to " : "from ") + name + ", " +
                   std::string(media) + ", " + std::string(text_of(call.outcome)));
}

}  // namespace

ExitCode run_history(const Context& context) {
  const Client client = context.open();
  const AccountId contact = find_contact(client, context.args.contact);
  const storage::Snapshot now = client.snapshot();
  const auto conversation = now->conversations.find_direct(contact);
  if (!conversation)
    throw Failure(ExitCode::not_found, "There is no conversation with this contact yet.", "anochat send ...");
  const storage::MessagePage page =
      context.args.cursor.empty() ? now->messages.latest(conversation->id, page_size(context))
                                  : now->messages.before(conversation->id, context.args.cursor, page_size(context));
  for (const storage::Message& message : page.items) show_message(*now, message, client.account(), context.out);
  show_next(context, page.older, "older messages");
  return ExitCode::success;
}

ExitCode run_search(const Context& context) {
  const Client client = context.open();
  storage::SearchQuery query{context.args.text};
  query.limit = page_size(context);
  if (!context.args.cursor.empty()) query.after = context.args.cursor;
  const storage::Snapshot now = client.snapshot();
  if (!context.args.contact.empty()) {
    const auto conversation = now->conversations.find_direct(find_contact(client, context.args.contact));
    if (!conversation) throw Failure(ExitCode::not_found, "There is no conversation with this contact yet.");
    query.conversation = conversation->id;
  }
  const storage::SearchPage page = now->search.find(query);
  for (const storage::SearchHit& hit : page.items) {
    const storage::Message& message = hit.message;
    context.out.row(json_of(*now, message, client.account()));
    const std::string who = message.is_outgoing ? "me" : name_of(*now, message.sender.account);
    context.out.line(context.out.paint(Colour::dim, id_text(message.id) + "  " + time_text(message.sent_at)) + "  " +
                     context.out.paint(Colour::bold, who + ":") + " " + marked(hit.snippet, context.out));
  }
  if (page.items.empty()) context.out.note("Nothing found.");
  show_next(context, page.next, "more hits");
  return ExitCode::success;
}

ExitCode run_call_log(const Context& context) {
  const Client client = context.open();
  const storage::Snapshot now = client.snapshot();
  const auto after = context.args.cursor.empty() ? std::nullopt : std::optional(context.args.cursor);
  const storage::CallPage page = now->calls.list(after, page_size(context));
  for (const storage::Call& call : page.items) show_call(context, *now, call);
  if (page.items.empty()) context.out.note("No calls yet.");
  show_next(context, page.next, "older calls");
  return ExitCode::success;
}

}  // namespace cli
