// relay/mailbox_table.hpp - what a relay's database knows of each mailbox in use, kept in memory.
#pragma once

#include <anochat/base/clock.hpp>
#include <anochat/framing/ids.hpp>
#include <anochat/framing/relay_frames.hpp>
#include <anochat/relay/relay_store.hpp>

#include "relay/database.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <vector>

namespace anochat::relay {

/// An envelope that waits and came not long ago.
struct RecentEnvelope {
  ByteArray<16> id{};
  std::int64_t number = 0;  ///< the row's
  std::int64_t keep_until = 0;
  std::int64_t bytes = 0;
};

/// One row of `devices`, as far as envelopes are concerned.
struct Mailbox {
  std::int64_t box = 0;  ///< its number in the database
  MailboxRoom used;
  std::int64_t last = 0;        ///< the highest number an envelope had
  std::int64_t floor = 0;       ///< none with this number or a lower one waits
  std::int64_t generation = 0;  ///< how far the device says its store has come
  bool is_changed = false;

  // What recipient() answers; asked when it is first needed.
  struct Recipient {
    DeliveryToken token{};
    UnixTime takes_first_contact_until{};
  };
  std::optional<Recipient> recipient;

  std::deque<RecentEnvelope> recent;  ///< in order; most are acknowledged soon, and then need not be looked for
};

/// Envelopes are numbered by mailbox and then by age, so that those of one mailbox are neighbours.
class EnvelopeNumber {
 public:
  static constexpr int kBits = 35;  ///< envelopes one mailbox can have in its life; the rest are mailboxes
  static constexpr std::int64_t kMost = (std::int64_t{1} << kBits) - 1;

  static std::int64_t of(std::int64_t box, std::int64_t number) noexcept { return (box << kBits) + number; }
  static std::int64_t in_box(std::int64_t number) noexcept { return number & kMost; }
};

/// Reads a mailbox when it is first named, and writes those that changed once in a group, however many envelopes came
/// and went.
class MailboxTable {
 public:
  explicit MailboxTable(Database& database) : database_(database) {}

  /// @return nullptr when there is no such device. Valid until the next call of find(), forget() or clear().
  [[nodiscard]] Mailbox* find(const MailboxId& mailbox);
  [[nodiscard]] const Mailbox::Recipient& recipient(Mailbox& mailbox);
  /// To be called before `mailbox` is changed.
  void touch(const MailboxId& id, Mailbox& mailbox);
  /// touch() for a change that no statement goes along with: opens the group.
  void change(const MailboxId& id, Mailbox& mailbox);
  /// An envelope was stored.
  void remember(Mailbox& mailbox, const RecentEnvelope& envelope);
  /// What is known of an envelope that waits, once: it is about to go.
  [[nodiscard]] std::optional<RecentEnvelope> take_recent(Mailbox& mailbox, const ByteArray<16>& id);
  /// By its number in the database, for expiry.
  void release(std::int64_t box, std::int64_t bytes);

  /// Writes what changed; the group's commit comes next.
  void save();
  /// Its row is gone.
  void forget(const MailboxId& mailbox) noexcept;
  /// What recipient() answers has changed.
  void forget_recipient(const MailboxId& mailbox) noexcept;
  void forget_recipients() noexcept;  ///< of all mailboxes
  /// The group was undone.
  void clear() noexcept;

 private:
  static constexpr std::size_t kMost = 16'384;        ///< mailboxes, some 3 MB
  static constexpr std::size_t kMostRecent = 65'536;  ///< envelopes, 2.6 MB
  static constexpr std::size_t kLooks = 64;           ///< at recent envelopes for one that is acknowledged out of order

  void forget_recent(Mailbox& mailbox) noexcept;

  Database& database_;
  std::map<MailboxId, Mailbox> mailboxes_;
  std::vector<MailboxId> changed_;
  std::size_t recent_count_ = 0;
};

}  // namespace anochat::relay
