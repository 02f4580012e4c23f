// whoami and invite - who this profile is, for its owner and for others.
#include "../invite.hpp"
#include "../qr.hpp"
#include "commands.hpp"

#include <unistd.h>

namespace cli {

using namespace anochat;

ExitCode run_whoami(const Context& context) {
  const Client client = context.open();
  context.out.row(Json()
                      .add("type", "account")
                      .add("profile", context.profile.name())
                      .add("address", account_text(client.account()))
                      .add("device", static_cast<std::int64_t>(client.address().device))
                      .add("relay", context.settings().relay));
  context.out.line(account_text(client.account()));
  return ExitCode::success;
}

ExitCode run_invite(const Context& context) {
  const Client client = context.open();
  const std::string link = Invite{client.account(), context.settings().relay}.link();
  context.out.row(Json().add("type", "invite").add("link", link));
  if (!context.args.no_qr && ::isatty(STDOUT_FILENO) == 1) context.out.line(draw_qr(link, context.out.has_colours()));
  context.out.line(link);
  context.out.note("Whoever has this link can write to you; you decide whether to answer.");
  return ExitCode::success;
}

}  // namespace cli
