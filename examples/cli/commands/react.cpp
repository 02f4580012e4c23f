// react - an emoji on a message.
#include "../message_view.hpp"
#include "../online.hpp"
#include "commands.hpp"

namespace cli {

using namespace anochat;

ExitCode run_react(const Context& context) {
  const auto message = parse_id(context.args.message);
  Client opened = context.open();
  if (!opened.message(message)) {
    throw Failure(ExitCode::not_found, "There is no message of this name.", "\"anochat history\" shows the names.");
  }
  Online online(context, std::move(opened));
  online.driver().with([&](Client& client) { client.react(message, context.args.text, !context.args.off); });
  online.set_consequence("The reaction is queued and will go out with the next connection.");
  // A reaction has no status of its own: it is at the relay when nothing is left to send.
  const auto is_out = [&] {
    return online.driver().with([](const Client& client) {
      const storage::StoreTotals totals = client.stats();
      return client.is_online() && totals.outbox == 0;
    });
  };
  const auto end = online.run(context.args.patience(), is_out);
  context.out.row(Json()
                      .add("type", "reaction")
                      .add("id", context.args.message)
                      .add("emoji", context.args.text)
                      .add("on", !context.args.off));
  if (end != Online::End::done) throw online.why_offline();
  context.out.note("done");
  return ExitCode::success;
}

}  // namespace cli
