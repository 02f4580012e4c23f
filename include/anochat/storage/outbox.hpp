// anochat/storage/outbox.hpp - final ciphertext on its way out, content that waits for a bundle, and the resend log.
#pragma once

#include <anochat/storage/repository.hpp>
#include <anochat/storage/types.hpp>
#include <optional>
#include <vector>

namespace anochat::storage {

enum class OutboxState : std::uint8_t { waiting = 0, in_flight = 1, failed = 2 };

struct OutboxEntry {
  OutboxRow row{};
  EnvelopeId envelope_id{};  ///< the same at every attempt, so a relay recognises a repetition
  std::optional<MessageId> message;
  Address recipient;
  Bytes mailbox;
  Bytes envelope;  ///< sent again as it is; never encrypted again
  OutboxState state = OutboxState::waiting;
  std::int32_t attempts = 0;
  UnixTime next_at;
  UnixTime created;
  UnixTime expires;
};

class Outbox : public Repository {
 public:
  using Repository::Repository;
  /// `row`, `state` and `attempts` are not looked at. @throws Error{Errc::already_exists}  the envelope id is there
  OutboxRow insert(const OutboxEntry& entry);
  [[nodiscard]] std::optional<OutboxEntry> find(OutboxRow row) const;
  [[nodiscard]] std::optional<OutboxEntry> find(const EnvelopeId& id) const;
  /// Waiting entries whose time has come, in the order of their making, at most `limit`.
  [[nodiscard]] std::vector<OutboxEntry> due(UnixTime now, int limit) const;
  [[nodiscard]] std::optional<UnixTime> next_due() const;
  [[nodiscard]] std::int64_t count(OutboxState state) const;
  [[nodiscard]] std::int64_t count_for(MessageId message) const;

  void mark_in_flight(OutboxRow row);
  /// Back to waiting after an attempt, until `next_at`.
  void retry_at(OutboxRow row, UnixTime next_at);
  /// What waits for a later attempt at this account need not wait any longer.
  void retry_now(const AccountId& account, UnixTime now);
  /// After a restart nobody knows what became of what was in flight: send it again. @return entries
  std::int64_t reset_in_flight(UnixTime now);
  void mark_failed(OutboxRow row);
  /// The relay has it. @return false when it was gone already
  bool remove(OutboxRow row);
  bool remove(const EnvelopeId& id);
  /// Takes out what is past its time. @return the messages concerned
  std::vector<MessageId> remove_expired(UnixTime now);
};

/// Content for an account whose bundle is not here yet.
struct PendingSend {
  std::int64_t row = 0;
  AccountId account{};
  std::optional<DeviceNumber> device;  ///< nothing: all devices
  std::optional<MessageId> message;
  SecretBytes content;
  UnixTime created;
  UnixTime expires;
};

class PendingSends : public Repository {
 public:
  using Repository::Repository;
  std::int64_t insert(const PendingSend& send);  ///< `row` is not looked at
  [[nodiscard]] std::vector<PendingSend> of(const AccountId& account) const;
  [[nodiscard]] std::vector<AccountId> accounts(int limit) const;  ///< whose bundles are wanted
  bool remove(std::int64_t row);
  std::vector<MessageId> remove_expired(UnixTime now);
};

/// Recent content by envelope, so that a message the peer could not open can be sent again. Short on purpose.
struct ResendEntry {
  Address recipient;
  EnvelopeId envelope_id{};
  std::optional<MessageId> message;
  SecretBytes content;
  UnixTime created;
};

class ResendLog : public Repository {
 public:
  using Repository::Repository;
  void insert(const ResendEntry& entry);
  [[nodiscard]] std::optional<ResendEntry> find(const Address& recipient, const EnvelopeId& id) const;
  bool remove(const Address& recipient, const EnvelopeId& id);
  /// Newest first.
  [[nodiscard]] std::vector<ResendEntry> since(const Address& recipient, UnixTime from, int limit) const;
  /// Removes what is older than `before` and all but the newest `most` per device, unless its envelope has not left the
  /// outbox yet. @return entries removed
  std::int64_t prune(UnixTime before, std::int64_t most_per_device);
};

}  // namespace anochat::storage
