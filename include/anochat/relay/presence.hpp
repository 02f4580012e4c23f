// anochat/relay/presence.hpp - which connection a mailbox's device is on.
#pragma once

#include <anochat/framing/ids.hpp>

#include <cstdint>
#include <memory>
#include <optional>

namespace anochat {

/// A connection of one of the relays that share a store.
struct RelayPlace {
  std::uint64_t node = 0;
  std::uint64_t connection = 0;

  friend bool operator==(const RelayPlace&, const RelayPlace&) = default;
};

/// Who is online, and where. Safe to call from any thread. Losing it loses no message: a relay works with what it has
/// itself, and a device that connects again is found again.
class Presence {
 public:
  virtual ~Presence() = default;
  /// The newest connection of a device has it. @return the place that it took over from
  virtual std::optional<RelayPlace> claim(const MailboxId& mailbox, const RelayPlace& place) = 0;
  /// Only its owner ends a claim: an older connection that closes late says nothing about the newer one.
  virtual bool release(const MailboxId& mailbox, const RelayPlace& place) = 0;
  [[nodiscard]] virtual std::optional<RelayPlace> find(const MailboxId& mailbox) const = 0;
};

/// For the relays of one process.
class InProcessPresence final : public Presence {
 public:
  InProcessPresence();
  ~InProcessPresence() override;
  std::optional<RelayPlace> claim(const MailboxId& mailbox, const RelayPlace& place) override;
  bool release(const MailboxId& mailbox, const RelayPlace& place) override;
  [[nodiscard]] std::optional<RelayPlace> find(const MailboxId& mailbox) const override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace anochat
