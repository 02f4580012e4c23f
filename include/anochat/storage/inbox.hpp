// anochat/storage/inbox.hpp - which envelopes were handled already, and those that could not be opened.
#pragma once

#include <anochat/storage/repository.hpp>
#include <anochat/storage/types.hpp>
#include <optional>
#include <vector>

namespace anochat::storage {

class Inbox : public Repository {
 public:
  using Repository::Repository;
  /// @param hash  of the received blob: what a relay calls it does not matter
  /// @return false when it was seen before: acknowledge it and do no more
  bool note(const Hash& hash, UnixTime now);
  [[nodiscard]] bool has_seen(const Hash& hash) const;
  std::int64_t prune(UnixTime before);
};

enum class Repair : std::uint8_t { none = 0, requested = 1, repaired = 2, given_up = 3 };

struct StoredFailure {
  FailureId id{};
  Hash hash{};
  std::optional<Address> sender;  ///< if known
  std::int32_t reason = 0;              ///< an Errc's value
  Repair repair = Repair::none;
  std::int32_t attempts = 0;  ///< times a repair was asked for
  UnixTime at;
  std::optional<UnixTime> repaired_at;
};

class DecryptFailures : public Repository {
 public:
  using Repository::Repository;
  /// @return nothing when this blob is on record already
  std::optional<FailureId> insert(const Hash& hash, const std::optional<Address>& sender, std::int32_t reason,
                                  UnixTime at);
  [[nodiscard]] std::optional<StoredFailure> find(FailureId id) const;
  [[nodiscard]] std::vector<StoredFailure> latest(int limit) const;  ///< newest first
  [[nodiscard]] std::int64_t count_since(const Address& sender, UnixTime from) const;
  /// Repairs asked of this device since then, for the rate limit.
  [[nodiscard]] std::int64_t repairs_since(const Address& sender, UnixTime from) const;
  void set_repair(FailureId id, Repair repair, UnixTime now);
  std::int64_t prune(UnixTime before);
  /// Forgets all but about the newest `most`. @return failures forgotten
  std::int64_t keep_newest(std::int64_t most);
};

}  // namespace anochat::storage
