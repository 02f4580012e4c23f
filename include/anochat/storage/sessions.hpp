// anochat/storage/sessions.hpp - saved sessions as opaque bytes, and the keys of messages that are still on their way.
#pragma once

#include <anochat/storage/repository.hpp>
#include <anochat/storage/types.hpp>
#include <cstddef>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace anochat::storage {

enum class SessionStatus : std::uint8_t { active = 0, archived = 1 };

struct SessionRecord {
  SessionRow row{};
  Address address;
  Hash session_id{};
  SecretBytes state;  ///< the session's own format; 0.3 to 1.7 KB
  SessionStatus status = SessionStatus::active;
  UnixTime created;
  UnixTime last_used;
  std::optional<UnixTime> archived;
  std::optional<UnixTime> unanswered_since;
};

/// A skipped key as the session writes it: a record of 14 to 256 bytes that begins with its id. What they mean is the
/// session's business (docs/protocol.md, section 11).
inline constexpr std::size_t kSkippedIdLen = 13;  ///< bytes
using SkippedId = ByteArray<kSkippedIdLen>;

/// What one step of a session changed. Only the difference is written: 2,000 skipped keys are 150 KB.
struct SessionSave {
  ByteView state;
  UnixTime now;
  std::optional<UnixTime> unanswered_since = {};
  std::span<const SecretBytes> added = {};
  std::span<const SkippedId> removed = {};
};

class Sessions : public Repository {
 public:
  using Repository::Repository;

  /// Keeps a new session as the active one of its device. One that was active is archived first.
  /// @throws Error{Errc::already_exists}  this session id is known
  SessionRow insert(const Address& address, const Hash& session_id, const SessionSave& first);
  /// Keeps a new session as an archived one: it may receive, and never sends.
  SessionRow insert_archived(const Address& address, const Hash& session_id, const SessionSave& first);

  /// @throws Error{Errc::not_found}       no such session
  /// @throws Error{Errc::already_exists}  an added key is there already
  /// @throws Error{Errc::invalid_argument} an added record of another length
  void save(SessionRow row, const SessionSave& save);

  /// The skipped keys alone, for a session whose state is saved later in the same transaction. Errors as save().
  void save_skipped(SessionRow row, UnixTime now, std::span<const SecretBytes> added, std::span<const SkippedId> removed);

  [[nodiscard]] std::optional<SessionRecord> active(const Address& address) const;
  /// Newest first.
  [[nodiscard]] std::vector<SessionRecord> archived(const Address& address) const;
  [[nodiscard]] std::optional<SessionRecord> find(SessionRow row) const;
  [[nodiscard]] std::optional<SessionRecord> find(const Hash& session_id) const;
  /// Whole records, as they were added.
  [[nodiscard]] std::vector<SecretBytes> skipped_keys(SessionRow row) const;
  [[nodiscard]] std::int64_t count(SessionStatus status) const;
  /// Every session, the one used last first.
  [[nodiscard]] std::vector<SessionRow> rows() const;

  void archive(SessionRow row, UnixTime now);
  /// After a rollback was found: no session made before may send again. @return sessions archived
  std::int64_t archive_all(UnixTime now);
  /// Makes an archived session the active one; the one that was active is archived.
  void activate(SessionRow row, UnixTime now);
  bool remove(SessionRow row);
  /// Keeps the newest `most` archived sessions of a device. @return sessions removed
  std::int64_t trim_archived(const Address& address, std::int64_t most);
  /// @return {archived sessions, skipped keys} removed
  std::pair<std::int64_t, std::int64_t> remove_older(UnixTime archived_before, UnixTime skipped_before);
};

}  // namespace anochat::storage
