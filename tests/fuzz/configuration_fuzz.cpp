// relay.toml: a mistake is told with its place, and what is accepted is within its bounds.
#include "configuration.hpp"
#include "fuzz/fuzz.hpp"

#include <string>

using namespace anochat;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 16'384) return 0;
  Configuration read;
  try {
    read_configuration_text(as_text({data, size}), "relay.toml", read);
  } catch (const BadConfiguration& error) {
    fuzz::require(std::string(error.what()).starts_with("relay.toml:"), "a mistake is told with its place");
    return 0;
  }
  const RelayOptions& relay = read.server.relay;
  constexpr std::chrono::hours kCentury{24 * 36'500};
  for (const std::chrono::milliseconds time :
       {std::chrono::milliseconds(relay.lifetime), std::chrono::milliseconds(relay.login_deadline),
        std::chrono::milliseconds(relay.idle_deadline), read.server.listen.handshake_deadline, read.come_back,
        read.drain_deadline}) {
    fuzz::require(time.count() >= 0 && time <= kCentury, "a time is one");
  }
  for (const Rate& rate : {relay.frames, relay.bytes, relay.submissions, relay.account_submissions,
                           relay.address_connections, relay.address_registrations, relay.logins}) {
    fuzz::require(rate.burst >= 1 && rate.per_second > 0, "a rate is one");
  }
  return 0;
}
