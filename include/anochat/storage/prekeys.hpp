// anochat/storage/prekeys.hpp - the prekeys that others may start a session with, and which of them are used up.
#pragma once

#include <anochat/storage/repository.hpp>
#include <anochat/storage/types.hpp>
#include <optional>
#include <vector>

namespace anochat::storage {

enum class PreKeyKind : std::uint8_t { signed_ec = 0, one_time_ec = 1, one_time_kem = 2, last_resort_kem = 3 };

/// One prekey. The private part is a 32-byte key or a 64-byte seed.
struct PreKey {
  PreKeyKind kind = PreKeyKind::signed_ec;
  std::uint32_t id = 0;
  SecretBytes private_key;
  Bytes public_key;
  Bytes signature;
  UnixTime created;
  UnixTime expires;  ///< end of the public part's period of validity
  std::optional<UnixTime> published;
};

class PreKeys : public Repository {
 public:
  using Repository::Repository;

  /// Takes `count` ids that were never given out before for this kind and never will be again.
  /// @return the first of them
  /// @throws Error{Errc::counter_exhausted}
  std::uint32_t take_ids(PreKeyKind kind, std::uint32_t count);
  /// @throws Error{Errc::already_exists}   the kind has this id already
  /// @throws Error{Errc::invalid_argument} id 0, or a private part of neither 32 nor 64 bytes
  void insert(const PreKey& prekey);

  /// For a signed or last-resort prekey, which is used many times.
  /// @throws Error{Errc::prekey_unknown}
  [[nodiscard]] PreKey find(PreKeyKind kind, std::uint32_t id) const;
  /// For a one-time prekey: hands it out and erases it. Roll the transaction back, and it is there again.
  /// @throws Error{Errc::prekey_unknown}  used already, removed, or never made
  [[nodiscard]] PreKey consume(PreKeyKind kind, std::uint32_t id);

  [[nodiscard]] std::optional<PreKey> newest(PreKeyKind kind) const;
  [[nodiscard]] std::vector<PreKey> unpublished(PreKeyKind kind, int limit) const;
  void mark_published(PreKeyKind kind, std::uint32_t id, UnixTime now);
  /// Prekeys of this kind that are still here.
  [[nodiscard]] std::int64_t count(PreKeyKind kind) const;
  /// Removes what expired before `before`, replay marks too. @return prekeys removed
  std::int64_t remove_expired(UnixTime before);

  /// Notes that a session was made with a last-resort prekey. @return false when it was noted before: a replay
  bool note_session(const Hash& session_id, UnixTime expires);
};

}  // namespace anochat::storage
