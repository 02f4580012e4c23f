// online.hpp - a profile with its relay: for commands that send or receive.
#pragma once

#include <anochat/driver/client_driver.hpp>

#include "context.hpp"
#include "exit_code.hpp"

#include <chrono>
#include <functional>
#include <string>
#include <utility>

namespace cli {

/// Connects in the background as soon as it is made. Events are handed to `take` inside run().
class Online {
 public:
  enum class End { done, timed_out, stopped };

  /// @throws Failure  the profile has no relay, or its URL is none
  Online(const Context& context, anochat::Client client);

  [[nodiscard]] anochat::ClientDriver& driver() noexcept { return driver_; }
  [[nodiscard]] const anochat::AccountId& self() const noexcept { return self_; }

  /// Hands events to `take` until `is_done`, a signal to stop, or the end of patience.
  /// @throws Failure  something that waiting does not mend: TLS refused, login refused
  End run(std::chrono::milliseconds patience, const std::function<bool()>& is_done,
          const std::function<void(const anochat::Event&)>& take = {});

  /// @throws Failure  not within the patience
  void require_online(std::chrono::milliseconds patience);

  /// What a user has to know when there is no connection, such as "The message is queued."
  void set_consequence(std::string text) { consequence_ = std::move(text); }
  /// Why there is no connection, what follows from it, and what to do.
  [[nodiscard]] Failure why_offline() const;

 private:
  void require_hope(const anochat::Event& event) const;
  void require_hope() const;

  std::string relay_;
  std::string consequence_;
  anochat::AccountId self_;
  anochat::ClientDriver driver_;
};

}  // namespace cli
