// anochat/framing/ids.hpp - random names of messages, calls, envelopes and mailboxes.
#pragma once

#include <anochat/base/bytes.hpp>
#include <anochat/base/random.hpp>

#include <compare>
#include <cstddef>

namespace anochat {

/// N random bytes that name something. A MessageId is not an EnvelopeId: each role is a type of its own. All zero means
/// that no name has been given yet.
template <class Role, std::size_t N>
struct Id {
  static constexpr std::size_t kLen = N;  ///< bytes

  ByteArray<N> bytes{};

  /// A fresh name. @throws Error{Errc::random_failed}  the source failed
  [[nodiscard]] static Id make(Random& random) { return {random.array<N>()}; }

  [[nodiscard]] bool is_set() const noexcept { return bytes != ByteArray<N>{}; }

  friend auto operator<=>(const Id&, const Id&) = default;
};

using MessageId = Id<struct MessageIdRole, 16>;    ///< chosen by the sender of a message; unique per sender only
using CallId = Id<struct CallIdRole, 16>;          ///< chosen by the caller
using EnvelopeId = Id<struct EnvelopeIdRole, 16>;  ///< chosen by who submits the envelope, new for every envelope
using MailboxId = Id<struct MailboxIdRole, 32>;    ///< where a relay puts an envelope; says nothing about its owner

}  // namespace anochat
