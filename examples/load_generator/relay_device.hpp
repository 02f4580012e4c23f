// relay_device.hpp - what a device says to a relay until it can receive.
#pragma once

#include <anochat/base/random.hpp>
#include <anochat/crypto/identity.hpp>
#include <anochat/framing/ids.hpp>
#include <anochat/framing/relay_frames.hpp>

namespace load {

/// A device with an account of its own. The session layer and the client do this for an application; here it is done by
/// hand, so that nothing but the relay is measured.
class RelayDevice {
 public:
  explicit RelayDevice(anochat::Random& random);
  [[nodiscard]] anochat::Login login(const anochat::Challenge& challenge) const;
  [[nodiscard]] anochat::PublishAccount publication() const;
  [[nodiscard]] const anochat::MailboxId& mailbox() const noexcept { return mailbox_; }
  [[nodiscard]] const anochat::DeliveryToken& token() const noexcept { return token_; }

 private:
  anochat::AccountKey account_;
  anochat::Device device_;
  anochat::MailboxId mailbox_;
  anochat::DeliveryToken token_;
};

}  // namespace load
