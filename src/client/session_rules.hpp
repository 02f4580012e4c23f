// client/session_rules.hpp - which of several sessions with one device is sent on, and how long the others stay.
#pragma once

#include <anochat/crypto/bundle.hpp>
#include <anochat/session/session.hpp>

#include "client/session_book.hpp"

namespace anochat::client {

class Unit;

/// The active session, unless it went without an answer for kUnansweredSessionLifetime or has sent its last message.
[[nodiscard]] BookedSession* sendable_session(Unit& unit, const Address& peer);

/// Begins a session and sends on it from now on; the one before only receives.
BookedSession& start_session(Unit& unit, const PreKeyBundle& bundle);

/// Whether there is or was a session with this device.
[[nodiscard]] bool had_session(Unit& unit, const Address& peer);

/// Sessions with a device that has another identity now only receive.
void retire_other_identities(Unit& unit, const AccountId& account);

/// Keeps a session that the peer began. It is sent on if there is none, if the peer has another identity now, or if it wins: of two sessions that crossed on
/// their way, the one with the smaller id does, on both sides.
BookedSession& keep_accepted(Unit& unit, Session session);

/// The peer says on `session`, which it began, that it cannot go on with the others. Crossed requests are settled by the
/// smaller id; one that the peer wrote before it used the present session comes too late.
/// @return whether `session` is the one to send on
bool prefer_session(Unit& unit, BookedSession& session, UnixTime peer_sent_at);

/// No session made before may ever send again. @return sessions that were active
std::int64_t retire_all_sessions(Unit& unit);

/// Archived sessions and skipped keys whose time is up.
void forget_old_sessions(Unit& unit);

}  // namespace anochat::client
