// client/signals.hpp - typing and presence: sealed in a lane of their own, never stored.
#pragma once

#include <anochat/client/types.hpp>
#include <anochat/framing/content_kinds.hpp>
#include <anochat/framing/envelope.hpp>
#include <chrono>
#include <map>
#include <optional>

namespace anochat::client {

struct Engine;

inline constexpr std::chrono::seconds kTypingRepeat{5};  ///< a typist is told of again at most this often
inline constexpr std::chrono::seconds kTypingTime{15};   ///< without another word, somebody has stopped typing

/// What is known at the moment of who types. Lost at a restart, as it should be.
struct Signals {
  struct Typist {
    ConversationHandle conversation{};
    UnixTime until;
  };
  std::map<ConversationHandle, UnixTime> told;  ///< when we last said that we type
  std::map<AccountId, Typist> typists;

  [[nodiscard]] std::optional<UnixTime> next_timer() const;
};

void set_typing(Engine& engine, ConversationHandle conversation, bool is_typing);
/// To the accounts that are allowed and that this client has a session with.
void set_presence(Engine& engine, content::PresenceStatus status);
/// Opens an ephemeral envelope. What cannot be opened is nothing to anybody.
void take_signal(Engine& engine, const EnvelopeView& envelope);
void expire_typing(Engine& engine);
/// A message of theirs is here: they have stopped typing.
void stop_typing(Engine& engine, const AccountId& account);

}  // namespace anochat::client
