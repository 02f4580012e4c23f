// session/session_state.hpp - all that a session is, and its saved form (docs/protocol.md, section 11).
#pragma once

#include <anochat/base/error.hpp>
#include <anochat/session/session.hpp>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "session/ec_ratchet.hpp"
#include "session/handshake.hpp"
#include "session/keys.hpp"
#include "session/pq_agreement.hpp"
#include "session/pq_ratchet.hpp"

namespace anochat {

struct Session::State {
  SessionId id{};
  session::AssociatedData ad;
  session::ExporterKey exporter;
  Address peer_address;
  DeviceIdentity peer_identity;
  bool is_initiator = false;
  bool is_answered = false;
  std::unique_ptr<session::Block> block;  ///< 1,315 bytes, sent with every message until the first answer
  session::EcRatchet ec;
  session::PqRatchet pq;
  session::PqAgreement agreement;

  // Not saved.
  UnixTime last_signal_sent{};
  UnixTime last_signal_opened{};
  SecretBytes scratch;         ///< an opened body; kept so that opening the next one allocates nothing
  SkippedKeyChanges changes;

  /// A's state after the handshake.
  [[nodiscard]] static std::unique_ptr<State> of_initiator(session::Initiation from, const PreKeyBundle& peer);
  /// B's state after the handshake, before the first message is opened.
  [[nodiscard]] static std::unique_ptr<State> of_responder(session::Acceptance from);

  [[nodiscard]] session::MessageType next_type() const noexcept {
    return block ? session::MessageType::initial : session::MessageType::ratchet;
  }

  /// What committing these receipts will do to the skipped keys, with room for what prune() will remove. Changes nothing.
  [[nodiscard]] SkippedKeyChanges plan_changes(const session::EcReceipt& from_ec, const session::PqReceipt& from_pq,
                                               std::chrono::sys_seconds now) const;
  /// Applies the limits of the skipped keys after a commit and notes what went in `changes`.
  void prune(std::chrono::sys_seconds now) noexcept;

  /// Appends the session record.
  void encode(SecretBytes& out) const;
  [[nodiscard]] static std::unique_ptr<State> decode(ByteView record);

  [[nodiscard]] std::size_t skipped_count() const noexcept { return ec.skipped.size() + pq.skipped.size(); }
  void encode_skipped(SecretBytes& out) const;
  void take_skipped(std::vector<SkippedKeyRecord> records);

 private:
  void begin(session::HandshakeKeys& keys, bool initiator) noexcept;
  [[nodiscard]] static bool is_consistent(const State& state) noexcept;
};

namespace session {

/// The state, unless the session was moved from.
/// @throws Error{Errc::wrong_state}
template <class Pointer>
[[nodiscard]] auto& alive(const Pointer& state, std::string_view where) {
  if (!state) throw Error(Errc::wrong_state, where);
  return *state;
}

inline constexpr std::size_t kRecordRoom = 4'096;     // bytes: no session record is longer
inline constexpr std::size_t kSkippedRecordLen = 53;  // bytes: kind, chain, number, time, key

[[nodiscard]] SkippedKeyRecord decode_skipped(ByteView record);

}  // namespace session
}  // namespace anochat
