// client/courier.hpp - what is on its way to the relay, and what its answers will mean.
#pragma once

#include <anochat/base/bytes.hpp>
#include <anochat/base/clock.hpp>
#include <anochat/crypto/address.hpp>
#include <anochat/framing/relay_frames.hpp>
#include <anochat/storage/outbox.hpp>
#include <anochat/storage/prekeys.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <variant>
#include <vector>

namespace anochat::client {

inline constexpr std::size_t kMostInFlight = 512;         ///< outbox rows without an answer
inline constexpr std::size_t kMostReady = 1'000;          ///< outbox rows in memory; the others wait in the store
inline constexpr std::size_t kMostSubmitLen = 900'000;    ///< bytes of envelopes in one frame, below kMaxFrameLen
inline constexpr std::chrono::seconds kFirstFetchPause{3};  ///< before an account that gave nothing is asked for again
inline constexpr std::chrono::seconds kFetchPause{300};     ///< the longest such pause
inline constexpr std::chrono::seconds kAnswerTime{15};    ///< then a request is made again

/// An envelope that the relay has not confirmed yet.
struct SubmittedRow {
  storage::OutboxRow row{};
  std::optional<storage::MessageId> message;
  Address recipient;
  UnixTime created;
};

namespace ask {
struct Login {};
struct PublishAccount {
  std::int64_t list_version = 0;
};
struct PublishPreKeys {
  std::vector<std::pair<storage::PreKeyKind, std::uint32_t>> keys;
  bool replaces_all = false;
};
struct Count {};
struct Fetch {
  std::vector<AccountId> accounts;
  std::vector<AccountId> lists;  ///< of these the device list alone
};
struct Submit {
  std::vector<SubmittedRow> rows;  ///< empty for signals
};
struct Acknowledge {};
}  // namespace ask

/// What was asked; std::monostate: nothing that is known.
using Ask = std::variant<std::monostate, ask::Login, ask::PublishAccount, ask::PublishPreKeys, ask::Count, ask::Fetch, ask::Submit,
                         ask::Acknowledge>;

/// The state of the connection. Holds nothing that a restart may lose: all of it is made anew from the store.
class Courier {
 public:
  enum class Link : std::uint8_t { offline, greeting, login, online };

  Link link = Link::offline;
  std::optional<Refused> last_word;  ///< the relay has ended the connection, or we have
  bool wants_account = false;   ///< the device list or the token is not at the relay
  bool wants_prekeys = false;   ///< there are unpublished prekeys
  bool wants_count = false;
  bool has_warned = false;      ///< of an envelope that is none, once on a connection
  UnixTime next_count{};
  std::vector<Bytes> frames;    ///< encoded, to leave before everything else
  std::vector<ByteArray<16>> acknowledged;
  std::deque<Submission> signals;  ///< ephemeral envelopes: gone when the connection is

  void add(storage::OutboxEntry entry) noexcept;
  void want(const AccountId& account);
  /// No use in asking for this account before `at`.
  void want_later(const AccountId& account, UnixTime at) { wanted_[account] = {at, /*is_list_only=*/false}; }
  /// The relay had nothing for this account: it is asked again after a pause that doubles, up to kFetchPause.
  void want_again(const AccountId& account, UnixTime now);
  void found(const AccountId& account) noexcept { fruitless_.erase(account); }
  /// Its device list alone, unless the account is asked for anyway.
  void want_list(const AccountId& account, UnixTime at = {});
  void reload() noexcept { has_more_ = true; }

  [[nodiscard]] std::uint64_t begin(Ask ask, UnixTime now);
  [[nodiscard]] Ask end(std::uint64_t request);
  template <class Kind>
  [[nodiscard]] bool is_asking() const noexcept {
    for (const auto& [request, entry] : waiting_) {
      if (std::holds_alternative<Kind>(entry.ask)) return true;
    }
    return false;
  }
  /// What was asked for is asked once more.
  void again(const Ask& ask);

  /// Accounts to ask for now; they are taken out.
  [[nodiscard]] ask::Fetch take_wanted(UnixTime now, std::size_t most);
  /// Rows to submit now; they count as in flight.
  [[nodiscard]] std::vector<storage::OutboxEntry> take_rows();
  [[nodiscard]] bool needs_rows() const noexcept { return has_more_ && ready_.empty() && in_flight_.size() < kMostInFlight; }
  void refill(std::vector<storage::OutboxEntry> due);
  void landed(storage::OutboxRow row) { in_flight_.erase(row); }

  /// Requests that got no answer in time. What they asked for is asked again.
  void expire(UnixTime now);
  [[nodiscard]] std::optional<UnixTime> next_timer() const;
  /// Whether outgoing() would have something now, as far as that can be told without the store.
  [[nodiscard]] bool has_work() const noexcept;
  void reset() noexcept;

 private:
  struct Waiting {
    Ask ask;
    UnixTime until;
  };

  struct Wish {
    UnixTime at{};  // not before
    bool is_list_only = false;
  };
  [[nodiscard]] bool is_fetching(const AccountId& account) const noexcept;

  std::uint64_t next_request_ = 1;
  std::map<std::uint64_t, Waiting> waiting_;
  std::map<AccountId, int> fruitless_;  // fetches in a row that gave nothing
  std::map<AccountId, Wish> wanted_;
  std::deque<storage::OutboxEntry> ready_;
  std::set<storage::OutboxRow> in_flight_;
  bool has_more_ = true;  // rows that are neither ready nor in flight
};

}  // namespace anochat::client
