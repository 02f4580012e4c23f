#include "client/explain.hpp"

#include <anochat/base/error.hpp>
#include <string>

#include "client/history.hpp"

namespace anochat::client {
namespace {

std::string_view text_of(storage::MessageStatus status) noexcept {
  switch (status) {
    case storage::MessageStatus::queued: return "The message is stored and waits for the relay or for the peer's keys.";
    case storage::MessageStatus::sent: return "The relay has the message; no device of the peer has confirmed it yet.";
    case storage::MessageStatus::delivered: return "A device of the peer has received and opened the message.";
    case storage::MessageStatus::read: return "The peer has read the message.";
    case storage::MessageStatus::failed: return "The message did not reach the relay in time or was refused.";
    case storage::MessageStatus::received: return "The message was received, opened and stored.";
  }
  return "";
}

std::string_view reason_of(Errc code) noexcept {
  switch (code) {
    case Errc::bad_message:
      return "No session of this device opens it: it was damaged, forged, or sealed for a state that this device does not have.";
    case Errc::replayed: return "Its key was used or dropped before: an old copy, or more than 30 days late.";
    case Errc::gap_too_large: return "More than 1,000 messages before it are missing, so its key was not derived.";
    case Errc::prekey_unknown: return "It begins a session with a key of this device that is used up, expired or lost.";
    case Errc::bad_content: return "It was opened, but what is in it breaks the rules of its kind.";
    case Errc::unsupported_version: return "It was written by a later version of the protocol.";
    default: return message_of(code);
  }
}

std::string_view outlook_of(storage::Repair repair) noexcept {
  switch (repair) {
    case storage::Repair::none: return " It was not asked for again yet.";
    case storage::Repair::requested: return " It was asked for again over a new session.";
    case storage::Repair::repaired: return " It was sent again and has arrived.";
    case storage::Repair::given_up: return " It was asked for again in vain.";
  }
  return "";
}

}  // namespace

Explanation explain_message(const storage::Records& records, MessageHandle id) {
  const storage::Message message = require_message(records, id);
  Explanation out;
  out.text = text_of(message.status);
  out.reason = message.failure ? static_cast<Errc>(*message.failure) : Errc::internal;
  if (message.failure) out.text.append(" ").append(message_of(out.reason));
  out.will_be_retried = message.status == storage::MessageStatus::queued;
  return out;
}

Explanation explain_failure(const storage::Records& records, FailureHandle id) {
  const auto failure = records.decrypt_failures.find(id);
  if (!failure) throw Error(Errc::not_found, "client.explain");
  Explanation out;
  out.reason = static_cast<Errc>(failure->reason);
  out.repair = failure->repair;
  out.text = reason_of(out.reason);
  out.text += outlook_of(failure->repair);
  out.will_be_retried = failure->repair == storage::Repair::requested;
  return out;
}

}  // namespace anochat::client
