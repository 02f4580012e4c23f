// chat - a conversation as it happens: keyboard, relay and signals in one loop.
#include "../contact_book.hpp"
#include "../conversation.hpp"
#include "../stop_signal.hpp"
#include "commands.hpp"

#include <memory>
#include <poll.h>
#include <unistd.h>

namespace cli {

using namespace anochat;

namespace {

constexpr int kTick = 200;  // milliseconds between two looks at the connection and the window's size

std::unique_ptr<Prompt> make_prompt(const Context& context) {
  if (!context.out.is_json() && TerminalPrompt::is_possible()) return std::make_unique<TerminalPrompt>();
  return std::make_unique<PlainPrompt>(!context.out.is_json());
}

void talk(Online& online, Prompt& prompt, Conversation& conversation) {
  pollfd sources[] = {
      {STDIN_FILENO, POLLIN, 0}, {online.driver().event_fd(), POLLIN, 0}, {stop_descriptor(), POLLIN, 0}};
  while (!is_stopping() && !conversation.is_over() && prompt.ending() == Prompt::Ending::none) {
    for (pollfd& source : sources) source.revents = 0;
    ::poll(sources, 3, kTick);
    if (sources[0].revents != 0) {
      for (const std::string& line : prompt.read_input()) conversation.take_line(line);
    }
    for (const Event& event : online.driver().take_events()) conversation.take_event(event);
    conversation.tick();
  }
}

/// Input from a pipe is over at once; what it said should still reach the relay.
void let_out(Online& online, std::chrono::milliseconds patience) {
  const auto is_out = [&] {
    return online.driver().with([](const Client& client) { return client.stats().outbox == 0; });
  };
  online.run(patience, is_out);
}

}  // namespace

ExitCode run_chat(const Context& context) {
  ClientOptions options;
  options.send_read_receipts = !context.args.quiet_receipts;
  Client client = context.open(std::move(options));
  const AccountId contact = find_contact(client, context.args.contact);
  if (contact == client.account())
    throw Failure(ExitCode::usage, "This is your own address.", "Chat with somebody else.");
  catch_stop_signals();
  Online online(context, std::move(client));
  {
    const std::unique_ptr<Prompt> prompt = make_prompt(context);
    Conversation conversation(context, online, *prompt, contact);
    conversation.begin();
    talk(online, *prompt, conversation);
    if (prompt->ending() == Prompt::Ending::end_of_input && prompt->shows_typed_lines())
      let_out(online, context.args.patience());
    conversation.end();
  }
  online.driver().stop();
  return ExitCode::success;
}

}  // namespace cli
