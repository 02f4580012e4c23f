// anochat/relay/wakeup.hpp - how one relay tells another that something waits for a connection of the other.
#pragma once

#include <anochat/base/bytes.hpp>
#include <anochat/framing/ids.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace anochat {

struct Wake {
  enum class Kind : std::uint8_t {
    mail,        ///< the store has envelopes for this mailbox
    signal,      ///< an ephemeral envelope, which is in no store
    displaced,   ///< a newer connection of this device is somewhere else
    everything,  ///< wakes were lost: look for mail on every connection
  };
  Kind kind = Kind::mail;
  MailboxId mailbox;
  std::uint64_t connection = 0;  ///< the one that was displaced
  Bytes signal;                  ///< encoded
};

/// Messages between relays that share a store; one each way is enough for a relay that is alone. Bounded: what does not
/// fit is replaced by one Wake of kind everything, and signals are lost. Safe to call from any thread.
class Wakeup {
 public:
  virtual ~Wakeup() = default;
  virtual void publish(std::uint64_t node, Wake wake) = 0;
  /// What was published for this node since the last call, oldest first.
  [[nodiscard]] virtual std::vector<Wake> take(std::uint64_t node) = 0;
};

/// For the relays of one process.
class InProcessWakeup final : public Wakeup {
 public:
  explicit InProcessWakeup(std::size_t most_per_node = 10'000);
  ~InProcessWakeup() override;
  void publish(std::uint64_t node, Wake wake) override;
  [[nodiscard]] std::vector<Wake> take(std::uint64_t node) override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace anochat
