// client/repair.hpp - messages that could not be opened: on record, asked for again, and sent again.
#pragma once

#include <anochat/base/error.hpp>
#include <anochat/client/types.hpp>
#include <anochat/framing/content.hpp>
#include <anochat/storage/records.hpp>
#include <optional>

#include "client/session_book.hpp"

namespace anochat::client {

class Unit;

inline constexpr std::chrono::hours kRepairPause{1};         ///< between two requests to one device
inline constexpr std::size_t kMostRepairsADay = 5;           ///< requests to one device
inline constexpr std::size_t kMostAnswersADay = 10;          ///< requests of one device that are answered
inline constexpr std::size_t kMostSuspects = 8;              ///< devices asked when nobody knows who has sent
inline constexpr std::int32_t kMostAttempts = 3;             ///< requests for one message
inline constexpr std::chrono::days kRepairTime{7};           ///< then it is given up, and the sender has forgotten
inline constexpr std::int64_t kMostFailures = 10'000;         ///< kept on record
inline constexpr std::int64_t kMostResendable = 100;         ///< contents kept for each device

/// Names in a request that stand for no single blob.
inline constexpr ByteArray<32> kUnconfirmed{};  ///< whatever was not confirmed
/// Confirmed or not: the requester has lost what it had confirmed.
inline constexpr ByteArray<32> kEverything = [] {
  ByteArray<32> name{};
  for (std::uint8_t& byte : name) byte = 0xff;
  return name;
}();

/// Puts a blob that could not be opened on record, tells the application, and asks for it again if that can help.
void note_failure(Unit& unit, const ByteArray<32>& hash, const std::optional<Address>& sender, Errc reason);
/// A content came that its sender marked as the repetition of an envelope.
void note_repaired(Unit& unit, const Address& from, const EnvelopeId& envelope);

/// Somebody asks for messages again, and perhaps begins anew.
void take_repair_request(Unit& unit, BookedSession& session, const Content& content);

/// Tells the peer, as the first word on a new session, that the ones before are of no use any more.
void announce_restart(Unit& unit, BookedSession& session);

/// Asks again where the limits forbade it before, and gives up what is too old.
void retry_repairs(Unit& unit);

/// This store is an older copy: retires all sessions and begins new ones with everybody.
void begin_anew(Unit& unit);

}  // namespace anochat::client
