// anochat/storage/calls.hpp - the call log.
#pragma once

#include <anochat/storage/repository.hpp>
#include <anochat/storage/types.hpp>
#include <optional>
#include <vector>

namespace anochat::storage {

enum class CallMedia : std::uint8_t { audio = 0, video = 1 };
enum class CallOutcome : std::uint8_t { ringing = 0, answered = 1, declined = 2, missed = 3, busy = 4, failed = 5 };

struct Call {
  CallId id{};
  ByteArray<16> uid{};
  ConversationId conversation{};
  AccountId peer{};
  bool is_outgoing = false;
  CallMedia media = CallMedia::audio;
  CallOutcome outcome = CallOutcome::ringing;
  UnixTime started;
  std::optional<UnixTime> answered;
  std::optional<UnixTime> ended;
};

struct CallPage {
  std::vector<Call> items;  ///< newest first
  std::optional<Cursor> next;
};

class Calls : public Repository {
 public:
  using Repository::Repository;
  /// `id` is not looked at. @throws Error{Errc::already_exists}  the conversation has a call of this uid
  CallId insert(const Call& call);
  [[nodiscard]] std::optional<Call> find(ConversationId conversation, const ByteArray<16>& uid) const;
  void set_answered(CallId id, UnixTime at);
  void set_ended(CallId id, CallOutcome outcome, UnixTime at);
  /// @param limit  1 to 200
  [[nodiscard]] CallPage list(const std::optional<Cursor>& after, int limit) const;
  [[nodiscard]] std::int64_t missed_unseen() const;
  void mark_missed_seen();
  /// Calls that still ring although they began before `before`: incoming ones were missed, outgoing ones failed.
  /// @return calls
  std::int64_t expire_ringing(UnixTime before);
};

}  // namespace anochat::storage
