// Invites from a chat, a web page or a QR code.
#include "exit_code.hpp"
#include "fuzz/fuzz.hpp"
#include "invite.hpp"
#include "qr.hpp"

#include <string>

using namespace anochat;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = as_text({data, size});
  const bool is_meant = cli::looks_like_address(text);
  try {
    const cli::Invite invite = cli::Invite::parse(text);
    fuzz::require(is_meant || size < 80, "an invite is not taken for a name");
    fuzz::require(invite.relay.size() <= 512, "the relay is short");
    for (const char c : invite.relay) fuzz::require(c > ' ' && c < 0x7f, "no line end and no blank in it");
    const std::string link = invite.link();
    const cli::Invite again = cli::Invite::parse(link);
    fuzz::require(again.account == invite.account && again.relay == invite.relay, "a link reads back");
    fuzz::require(link.size() <= 2'048, "a link is no longer than what is read");
    fuzz::require(!cli::draw_qr(link, false).empty(), "a link fits into a QR code");
  } catch (const cli::Failure& failure) {
    fuzz::require(failure.code() == cli::ExitCode::usage, "the user made a mistake");
  }
  return 0;
}
