// anochat/relay/relay_store.hpp - what a relay has to remember: devices, public keys and sealed envelopes.
#pragma once

#include <anochat/base/bytes.hpp>
#include <anochat/base/clock.hpp>
#include <anochat/framing/envelope.hpp>
#include <anochat/framing/relay_frames.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace anochat {

struct RelayAccount {
  Bytes device_list;  ///< as signed by the account; empty: none yet
  DeliveryToken delivery_token{};
};

/// One registered device. The mailbox follows from the address and is the name of the record.
struct RelayDevice {
  MailboxId mailbox;
  ByteArray<32> account{};
  std::uint32_t device = 0;
  ByteArray<165> certificate{};
  bool is_listed = false;  ///< on the account's device list, or the account has none
};

/// What a submission needs to know about its mailbox.
struct RelayRecipient {
  DeliveryToken delivery_token{};
  bool takes_first_contact = false;  ///< listed, and a bundle of it can be fetched
};

/// The records that make a bundle.
struct TakenPreKeys {
  Bytes signed_prekey;
  std::optional<Bytes> one_time;
  Bytes kem;
  bool is_last_resort = false;
};

struct MailboxRoom {
  std::size_t envelopes = 0;
  std::size_t bytes = 0;
};

struct LeasedEnvelope {
  std::uint64_t number = 0;  ///< grows with every envelope of a mailbox, best by one: then who is there gets fresh
                             ///< envelopes without lease()
  Bytes envelope;            ///< encoded
};

/// The memory of one or more relays. Everything that changes it belongs to one open group, which commit() makes durable
/// and roll_back() undoes, all of it; reads see the group. A relay gives no answer that depends on a change before
/// commit() has returned. One thread at a time per object.
///
/// tests/unit/relay/conformance.hpp says in code what every implementation has to do.
///
/// @throws Error{Errc::io_failed, disk_full, store_corrupt, store_busy}  from any call but roll_back(); the group is
/// then
///         good for roll_back() only
class RelayStore {
 public:
  enum class Append : std::uint8_t { stored, repeated, full };
  struct Appended {
    Append result = Append::full;
    std::uint64_t number = 0;  ///< as in LeasedEnvelope, when it was stored
  };

  virtual ~RelayStore() = default;

  // --- accounts and devices ---
  [[nodiscard]] virtual std::optional<RelayAccount> account(const ByteArray<32>& id) = 0;
  virtual void put_account(const ByteArray<32>& id, const RelayAccount& account) = 0;
  [[nodiscard]] virtual std::optional<RelayDevice> device(const MailboxId& mailbox) = 0;
  /// By device number.
  [[nodiscard]] virtual std::vector<RelayDevice> devices(const ByteArray<32>& account) = 0;
  /// New, or in place of the one with this mailbox, whose prekeys and envelopes stay.
  virtual void put_device(const RelayDevice& device) = 0;
  /// With its prekeys and envelopes; a device that comes back begins anew with the numbers of envelopes, so its
  /// connections have to be closed.
  virtual void remove_device(const MailboxId& mailbox) = 0;

  /// How far a device says its own store has come, of use to that device only; 0: never told, or no such device. It goes
  /// with the device.
  [[nodiscard]] virtual std::uint64_t generation(const MailboxId& mailbox) = 0;
  /// @param generation  0 to kMaxGeneration. Ignored when there is no such device
  virtual void set_generation(const MailboxId& mailbox, std::uint64_t generation) = 0;

  // --- prekeys of a device; records are not looked into, but for their id and expiry ---
  /// A one-time prekey whose id was published before, or used up already, is ignored: publishing again is harmless. So
  /// are prekeys of a device that is not there.
  virtual void add_prekeys(const MailboxId& mailbox, const PublishPreKeys& records) = 0;
  virtual void drop_prekeys(const MailboxId& mailbox) = 0;
  [[nodiscard]] virtual PreKeyCount count_prekeys(const MailboxId& mailbox, UnixTime now) = 0;
  /// One-time prekeys are handed out once, the ones with the lowest id first, expired ones never.
  /// @param one_time  false: leave them alone and take the last-resort prekey
  /// @return nothing while the signed or the last-resort prekey is missing or expired
  [[nodiscard]] virtual std::optional<TakenPreKeys> take_prekeys(const MailboxId& mailbox, bool one_time,
                                                                 UnixTime now) = 0;

  // --- mailboxes ---
  [[nodiscard]] virtual std::optional<RelayRecipient> recipient(const MailboxId& mailbox, UnixTime now) = 0;
  /// @param envelope    of a mailbox that has a device
  /// @param encoded     the same, as it will be delivered
  /// @param keep_until  when expire() may drop it
  /// @param room        what the mailbox may hold, this envelope included
  /// @throws Error{Errc::not_found}  there is no such device; the group is as before
  [[nodiscard]] virtual Appended append(const EnvelopeView& envelope, ByteView encoded, UnixHour keep_until,
                                      const MailboxRoom& room) = 0;
  /// The oldest envelopes after a number, without taking them away: at most `most.envelopes`, and at most `most.bytes`
  /// unless the first alone is longer.
  [[nodiscard]] virtual std::vector<LeasedEnvelope> lease(const MailboxId& mailbox, std::uint64_t after,
                                                          const MailboxRoom& most) = 0;
  /// Deletes envelopes; their ids are remembered until `remember_until`, or until they would have been dropped if that
  /// is sooner. Unknown ids are ignored. @return how many were there
  virtual std::size_t acknowledge(const MailboxId& mailbox, std::span<const ByteArray<16>> ids,
                                  UnixHour remember_until) = 0;
  [[nodiscard]] virtual MailboxRoom used(const MailboxId& mailbox) = 0;
  /// Drops envelopes, ids and prekeys whose time has come. @param most  rows at a time: bounds how long it takes
  /// @return how many rows went
  virtual std::size_t expire(UnixTime now, std::size_t most) = 0;

  // --- the group ---
  [[nodiscard]] virtual bool has_changes() const noexcept = 0;
  virtual void commit() = 0;
  virtual void roll_back() noexcept = 0;
};

}  // namespace anochat
