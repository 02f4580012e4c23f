// session/pq_agreement.hpp - the sparse PQ key agreement that rides inside bodies (docs/protocol.md, section 7).
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "crypto/mlkem.hpp"
#include "session/body.hpp"
#include "session/erasure_code.hpp"
#include "session/keys.hpp"
#include "session/pq_ratchet.hpp"

namespace anochat::session {

/// Values are those of the saved state.
enum class AgreementPhase : std::uint8_t {
  holder_without_key = 0,  ///< key holder that has not drawn its seed
  holder = 1,              ///< key holder: sends ek symbols until it holds a ct symbol, collects ct symbols
  collecting = 2,          ///< encapsulator that collects ek symbols
  key_complete = 3,        ///< encapsulator with the whole ek: encapsulates at the next send
  encapsulated = 4,        ///< encapsulator that sends ct symbols until a message of the new epoch arrives
};

inline constexpr std::size_t kEkSymbols = 38;  ///< 1,184 + 32 bytes
inline constexpr std::size_t kCtSymbols = 35;  ///< 1,088 + 32 bytes

class PqAgreement {
 public:
  AgreementPhase phase = AgreementPhase::holder_without_key;
  AuthKey auth;                      ///< A of the newest epoch derived
  crypto::KemSeed seed;              ///< phase holder
  std::uint32_t next_index = 0;      ///< of the payload being sent
  PqChainKey next_sending;           ///< phase encapsulated: our chain of the new epoch
  /// The payload being sent, the ek, or the symbols collected: never two of them at once.
  std::array<Symbol, kMaxPayloadSymbols> rows{};
  std::array<std::uint16_t, kMaxPayloadSymbols> indexes{};  ///< of collected symbols
  std::size_t collected = 0;
  bool is_payload_ready = false;     ///< phase holder: rows hold the ek payload (made again after loading)

  [[nodiscard]] static PqAgreement begin(AuthKey auth, bool is_initiator) noexcept;

  /// What the next message may carry.
  [[nodiscard]] SymbolOffer offer() const noexcept;

  /// How many random bytes prepare_to_send will use: 0, 32 or 64.
  [[nodiscard]] std::size_t random_bytes_due() const noexcept;

  /// Makes the key or the encapsulation that is due. Cannot fail: the key was checked when it was complete.
  void prepare_to_send(MutableByteView random, PqChains& chains, bool is_initiator) noexcept;

  /// Writes the symbols that plan_body decided on and moves on.
  void write_symbols(const BodyPlan& plan, const PqChains& chains, MutableByteView out) noexcept;

  /// Whether take() would change anything or refuse: if not, nothing needs to be copied.
  [[nodiscard]] bool concerns(std::uint64_t pq_epoch, const BodyView& body, const PqChains& chains) const noexcept;

  /// Takes in what an authentic message says about the agreement. May leave this object and the chains half changed when it
  /// throws: call it on copies.
  /// @throws Error{Errc::bad_message}
  void take(std::uint64_t pq_epoch, const BodyView& body, PqChains& chains, bool is_initiator);

  [[nodiscard]] PqAgreement clone() const noexcept;

 private:
  [[nodiscard]] std::uint64_t epoch(const PqChains& chains) const noexcept { return chains.sending_epoch + 1; }
  void make_ek_payload(std::uint64_t epoch) noexcept;
  void collect(const BodyView& body, std::size_t needed);
  void finish_ek(std::uint64_t epoch);
  void finish_ct(PqChains& chains, bool is_initiator);
  void enter(AgreementPhase next) noexcept;
};

}  // namespace anochat::session
