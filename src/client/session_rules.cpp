#include "client/session_rules.hpp"

#include <anochat/framing/limits.hpp>
#include <algorithm>
#include <utility>
#include <vector>

#include "client/engine.hpp"
#include "client/skipped_rows.hpp"

namespace anochat::client {
namespace {

// Sessions up to this row were made before a roll-back: the keys they would send with may have been used.
constexpr const char* kRetiredThrough = "sessions_retired_through";

bool is_retired(Unit& unit, storage::SessionRow row) {
  return static_cast<std::int64_t>(row) <= unit.records().meta.number(kRetiredThrough).value_or(0);
}

void archive(Unit& unit, BookedSession& session) {
  unit.touch(session.row);
  unit.records().sessions.archive(session.row, unit.now);
  session.is_active = false;
  session.archived = unit.now;
}

void trim(Unit& unit, const Address& peer) {
  const std::vector<storage::SessionRecord> archived = unit.records().sessions.archived(peer);
  for (std::size_t i = kMaxArchivedSessions; i < archived.size(); ++i) {
    unit.touch(archived[i].row);
    unit.book().forget(archived[i].row);
    unit.records().sessions.remove(archived[i].row);
  }
}

BookedSession& keep(Unit& unit, Session session, bool is_active) {
  const Address peer = session.peer_address();
  BookedSession* const before = is_active ? unit.book().active(unit.records(), peer) : nullptr;
  if (before != nullptr) archive(unit, *before);
  const SecretBytes state = session.save_record();
  const bool is_unanswered = !session.is_answered();
  const SkippedRows skipped = skipped_rows(session.skipped_key_changes());
  const storage::SessionSave save{.state = state,
                                  .now = unit.now,
                                  .unanswered_since = is_unanswered ? std::optional(unit.now) : std::nullopt,
                                  .added = skipped.added};
  const SessionId id = session.id();
  const auto row = is_active ? unit.records().sessions.insert(peer, id, save)
                             : unit.records().sessions.insert_archived(peer, id, save);
  unit.touch(row);
  BookedSession& kept = unit.book().add({row, std::move(session), is_active, unit.now,
                                         is_active ? std::nullopt : std::optional(unit.now), save.unanswered_since});
  trim(unit, peer);
  return kept;
}

}  // namespace

BookedSession* sendable_session(Unit& unit, const Address& peer) {
  BookedSession* const session = unit.book().active(unit.records(), peer);
  if (session == nullptr) return nullptr;
  const bool is_given_up = session->unanswered_since && *session->unanswered_since + kUnansweredSessionLifetime < unit.now;
  return is_given_up || session->session.is_exhausted() ? nullptr : session;
}

BookedSession& start_session(Unit& unit, const PreKeyBundle& bundle) {
  if (bundle.kem_kind == KemKind::last_resort) {
    unit.emit(event::ReducedForwardSecrecy{bundle.certificate.address(), /*is_own_supply=*/false});
  }
  return keep(unit, Session::initiate(unit.engine.device, bundle, unit.random()), /*is_active=*/true);
}

bool had_session(Unit& unit, const Address& peer) {
  return unit.records().sessions.active(peer) || !unit.records().sessions.archived(peer).empty();
}

void retire_other_identities(Unit& unit, const AccountId& account) {
  for (const storage::Identity& identity : unit.records().identities.of_account(account)) {
    BookedSession* const session = unit.book().active(unit.records(), identity.address);
    if (session == nullptr) continue;
    const auto present = session->session.peer_identity().encode();
    if (!equal_ct(present, identity.public_key)) archive(unit, *session);
  }
}

BookedSession& keep_accepted(Unit& unit, Session session) {
  const BookedSession* const present = sendable_session(unit, session.peer_address());
  const bool wins = present == nullptr || present->session.peer_identity() != session.peer_identity() ||
                    session.id() < present->session.id();
  return keep(unit, std::move(session), wins);
}

bool prefer_session(Unit& unit, BookedSession& session, UnixTime peer_sent_at) {
  if (session.is_active) return true;
  if (session.session.is_initiator() || is_retired(unit, session.row)) return false;
  BookedSession* const present = unit.book().active(unit.records(), session.session.peer_address());
  if (present != nullptr) {
    const bool has_crossed = present->session.is_initiator() && !present->session.is_answered();
    if (has_crossed ? present->session.id() < session.session.id() : present->peer_sent_at > peer_sent_at) return false;
    archive(unit, *present);
  }
  unit.touch(session.row);
  unit.records().sessions.activate(session.row, unit.now);
  session.is_active = true;
  session.archived.reset();
  trim(unit, session.session.peer_address());
  return true;
}

std::int64_t retire_all_sessions(Unit& unit) {
  std::int64_t last = 0;
  for (const storage::SessionRow row : unit.records().sessions.rows()) last = std::max(last, static_cast<std::int64_t>(row));
  unit.records().meta.set_number(kRetiredThrough, last);
  const std::int64_t count = unit.records().sessions.archive_all(unit.now);
  unit.book().load(unit.records());
  return count;
}

void forget_old_sessions(Unit& unit) {
  const UnixTime archived_before = unit.now - kArchivedSessionLifetime;
  std::vector<storage::SessionRow> gone;
  unit.book().each([&](const BookedSession& session) {
    if (session.archived && *session.archived < archived_before) gone.push_back(session.row);
    return false;
  });
  for (const storage::SessionRow row : gone) {
    unit.touch(row);
    unit.book().forget(row);
  }
  unit.records().sessions.remove_older(archived_before, unit.now - kSkippedKeyLifetime);
}

}  // namespace anochat::client
