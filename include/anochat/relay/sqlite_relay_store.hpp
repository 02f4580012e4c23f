// anochat/relay/sqlite_relay_store.hpp - a relay's memory in one SQLite file.
#pragma once

#include <anochat/relay/directory.hpp>
#include <anochat/relay/relay_store.hpp>

#include <memory>
#include <string>

namespace anochat {

/// The default: WAL, synchronous FULL, one writer. A group costs one write to the disk however many changes it has. The
/// file is made with mode 0600 and belongs to one process at a time.
class SqliteRelayStore final : public RelayStore, public Directory {
 public:
  /// Opens or makes the file.
  /// @throws Error{Errc::not_a_store}   a file of something else
  /// @throws Error{Errc::newer_schema}  written by a newer AnoChat
  /// @throws Error{Errc::store_busy}    another process has it
  /// @throws Error{Errc::io_failed}     it cannot be read or made
  explicit SqliteRelayStore(const std::string& path);
  ~SqliteRelayStore() override;

  [[nodiscard]] std::optional<RelayAccount> account(const ByteArray<32>& id) override;
  void put_account(const ByteArray<32>& id, const RelayAccount& account) override;
  [[nodiscard]] std::optional<RelayDevice> device(const MailboxId& mailbox) override;
  [[nodiscard]] std::vector<RelayDevice> devices(const ByteArray<32>& account) override;
  void put_device(const RelayDevice& device) override;
  void remove_device(const MailboxId& mailbox) override;
  [[nodiscard]] std::uint64_t generation(const MailboxId& mailbox) override;
  void set_generation(const MailboxId& mailbox, std::uint64_t generation) override;
  void add_prekeys(const MailboxId& mailbox, const PublishPreKeys& records) override;
  void drop_prekeys(const MailboxId& mailbox) override;
  [[nodiscard]] PreKeyCount count_prekeys(const MailboxId& mailbox, UnixTime now) override;
  [[nodiscard]] std::optional<TakenPreKeys> take_prekeys(const MailboxId& mailbox, bool one_time,
                                                         UnixTime now) override;
  [[nodiscard]] std::optional<RelayRecipient> recipient(const MailboxId& mailbox, UnixTime now) override;
  [[nodiscard]] Appended append(const EnvelopeView& envelope, ByteView encoded, UnixHour keep_until,
                              const MailboxRoom& room) override;
  [[nodiscard]] std::vector<LeasedEnvelope> lease(const MailboxId& mailbox, std::uint64_t after,
                                                  const MailboxRoom& most) override;
  std::size_t acknowledge(const MailboxId& mailbox, std::span<const ByteArray<16>> ids,
                          UnixHour remember_until) override;
  [[nodiscard]] MailboxRoom used(const MailboxId& mailbox) override;
  std::size_t expire(UnixTime now, std::size_t most) override;
  [[nodiscard]] bool has_changes() const noexcept override;
  void commit() override;
  void roll_back() noexcept override;

  bool claim_handle(const Key& handle_hash, const Key& account, std::size_t most) override;
  [[nodiscard]] std::optional<Key> find_handle(const Key& handle_hash) override;
  bool release_handle(const Key& handle_hash, const Key& account) override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace anochat
