// What an anochat_relay stands for.
#pragma once

#include <anochat/relay/relay.hpp>

#include "call.hpp"
#include "handles.hpp"
#include "world.hpp"

#include <anochat.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace anochat::c {

/// A relay with everything that it works with.
struct RelayObject final : Object {
  using Handle = anochat_relay;
  static constexpr Kind kKind = Kind::relay;

  RelayObject(std::shared_ptr<World> in, std::unique_ptr<Log> to, const RelayOptions& options,
              const std::string& store_path);
  void release() override;

  std::shared_ptr<World> world;
  std::unique_ptr<Log> log;
  std::unique_ptr<RelayStore> store;
  InProcessPresence presence;
  InProcessWakeup wakeup;
  InProcessRateLimiter limiter;
  std::optional<Relay> relay;
  std::vector<Relay::Connection> ready;  // that anochat_relay_ready() had no room for yet
};

struct RelayChoice {
  RelayOptions options;
  std::string store_path;  // empty: in memory
  std::unique_ptr<Log> log;
};

/// @param options  may be NULL
[[nodiscard]] RelayChoice relay_choice(const anochat_relay_options* options);
void make_relay(std::shared_ptr<World> world, const anochat_relay_options* options, anochat_relay** relay);

}  // namespace anochat::c
