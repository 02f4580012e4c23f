#include "online.hpp"

#include "clean.hpp"
#include "exit_code.hpp"
#include "stop_signal.hpp"

#include <algorithm>
#include <utility>

namespace cli {

using namespace anochat;

namespace {

using SteadyClock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds kLook{
    50};  // between two looks at what is no event: signals, the connection's state

DriverOptions options_of(const Context& context) {
  const Settings settings = context.settings();
  if (settings.relay.empty()) {
    throw Failure(ExitCode::usage, "This profile has no relay.",
                  "Give --relay wss://HOST, or write \"relay = wss://HOST\" into " +
                      context.profile.settings_file().string() + ".");
  }
  DriverOptions out;
  out.relay = settings.relay;
  out.ca_file = settings.ca_file;
  out.back_off.first = std::chrono::milliseconds(100);  // somebody sits in front of it
  out.back_off.longest = std::chrono::seconds(15);
  return out;
}

ClientDriver connect(Client client, DriverOptions options) {
  try {
    return {std::move(client), std::move(options)};
  } catch (const Error& error) {
    if (error.code() == Errc::invalid_argument) {
      throw Failure(ExitCode::usage, "The relay's address cannot be used.",
                    "It is wss://HOST[:PORT], or ws://127.0.0.1:PORT for a relay on this very machine.");
    }
    if (error.code() == Errc::tls_failed) {
      throw Failure(ExitCode::tls, "The CA file cannot be read.", "It must be a PEM file; see --ca-file.");
    }
    throw;
  }
}

}  // namespace

Online::Online(const Context& context, Client client)
    : relay_(context.settings().relay),
      self_(client.account()),
      driver_(connect(std::move(client), options_of(context))) {}

Online::End Online::run(std::chrono::milliseconds patience, const std::function<bool()>& is_done,
                        const std::function<void(const Event&)>& take) {
  const auto deadline = SteadyClock::now() + patience;
  for (;;) {
    if (is_done()) return End::done;
    if (is_stopping()) return End::stopped;
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - SteadyClock::now());
    if (left.count() <= 0) return End::timed_out;
    for (const Event& event : driver_.wait_events(std::min(left, kLook))) {
      if (take) take(event);
      require_hope(event);
    }
    require_hope();
  }
}

void Online::require_online(std::chrono::milliseconds patience) {
  const auto is_online = [this] { return driver_.state().phase == ConnectionState::Phase::online; };
  if (run(patience, is_online) != End::done) throw why_offline();
}

void Online::require_hope(const Event& event) const {
  if (const auto* refused = std::get_if<event::LoginRefused>(&event)) {
    throw Failure(ExitCode::refused,
                  "The relay does not let this device in: " + std::string(message_of(refused->reason)),
                  std::string(advice_for(refused->reason)));
  }
}

void Online::require_hope() const {
  const ConnectionState state = driver_.state();
  if (state.failure && state.failure->code == Errc::tls_failed) throw why_offline();
}

Failure Online::why_offline() const {
  const ConnectionState state = driver_.state();
  std::string what = "The relay " + clean_line(relay_) + " cannot be reached";
  if (state.failure) what += ": " + clean_line(state.failure->text);
  what += '.';
  if (!consequence_.empty()) what += ' ' + consequence_;
  const Errc code = state.failure ? state.failure->code : Errc::timed_out;
  const ExitCode exit = exit_code_of(code);
  return {exit == ExitCode::tls || exit == ExitCode::refused ? exit : ExitCode::network, what,
          std::string(advice_for(code == Errc::tls_failed ? code : Errc::network_failed))};
}

}  // namespace cli
