#include "session/pq_agreement.hpp"

#include <anochat/base/error.hpp>
#include <algorithm>
#include <utility>

#include "crypto/blake2.hpp"

namespace anochat::session {
namespace {

constexpr std::string_view kWhere = "session.decrypt";
constexpr std::size_t kMacLen = 32;
static_assert(kEkSymbols * kSymbolLen == crypto::kKemPublicLen + kMacLen);
static_assert(kCtSymbols * kSymbolLen == crypto::kKemCiphertextLen + kMacLen);
static_assert(kEkSymbols <= kMaxPayloadSymbols && kCtSymbols <= kMaxPayloadSymbols);

MutableByteView bytes_of(std::span<Symbol> rows) noexcept { return {rows.data()->data(), rows.size() * kSymbolLen}; }

using Mac = ByteArray<kMacLen>;

Mac mac_of(const AuthKey& auth, std::uint64_t epoch, const char (&context)[9], ByteView payload) noexcept {
  const AuthKey key = crypto::derive_key<AuthKey>(auth.expose(), epoch, context);
  Mac mac;
  crypto::extract(key.expose(), payload, mac);
  return mac;
}

struct EpochAgreement {
  EpochSecret secret;  // S_e
  AuthKey auth;        // A_e
};

EpochAgreement agree(const AuthKey& auth, std::uint64_t epoch, const crypto::SharedSecret& shared) noexcept {
  EpochAgreement result;
  result.secret = crypto::derive_key<EpochSecret>(shared.expose(), epoch, "AnoSckaS");
  crypto::extract(auth.expose(), result.secret.expose(), result.auth.expose_mutable());
  return result;
}

}  // namespace

PqAgreement PqAgreement::begin(AuthKey auth, bool is_initiator) noexcept {
  PqAgreement agreement;
  agreement.auth = std::move(auth);
  agreement.phase = is_initiator ? AgreementPhase::holder_without_key : AgreementPhase::collecting;
  return agreement;
}

SymbolOffer PqAgreement::offer() const noexcept {
  switch (phase) {
    case AgreementPhase::holder_without_key: return {kEkSymbols, 0};
    case AgreementPhase::holder: return collected == 0 ? SymbolOffer{kEkSymbols, next_index} : SymbolOffer{};
    case AgreementPhase::collecting: return {};
    case AgreementPhase::key_complete: return {kCtSymbols, 0};
    case AgreementPhase::encapsulated: return {kCtSymbols, next_index};
  }
  return {};
}

std::size_t PqAgreement::random_bytes_due() const noexcept {
  if (phase == AgreementPhase::holder_without_key) return crypto::KemSeed::kSize;
  return phase == AgreementPhase::key_complete ? crypto::EncapsSeed::kSize : 0;
}

void PqAgreement::prepare_to_send(MutableByteView random, PqChains& chains, bool is_initiator) noexcept {
  const std::uint64_t e = epoch(chains);
  if (phase == AgreementPhase::holder_without_key) {
    seed = crypto::KemSeed(random.first<crypto::KemSeed::kSize>());
    enter(AgreementPhase::holder);
  }
  if (phase == AgreementPhase::key_complete) {
    const crypto::EncapsSeed m(random.first<crypto::EncapsSeed::kSize>());
    crypto::KemCiphertext ciphertext;
    crypto::SharedSecret shared;
    const MutableByteView ek = bytes_of(std::span(rows).first<kEkSymbols>()).first(crypto::kKemPublicLen);
    static_cast<void>(crypto::kem_encaps(ek.first<crypto::kKemPublicLen>(), m, ciphertext, shared));
    EpochAgreement agreed = agree(auth, e, shared);
    auth = std::move(agreed.auth);
    next_sending = chains.add_epoch(e, agreed.secret, is_initiator);
    const Mac mac = mac_of(auth, e, "AnoSckaC", ciphertext);
    enter(AgreementPhase::encapsulated);
    const MutableByteView payload = bytes_of(std::span(rows).first<kCtSymbols>());
    std::copy(mac.begin(), mac.end(), std::copy(ciphertext.begin(), ciphertext.end(), payload.begin()));
  }
}

void PqAgreement::make_ek_payload(std::uint64_t epoch) noexcept {
  const MutableByteView payload = bytes_of(std::span(rows).first<kEkSymbols>());
  crypto::kem_public(seed, payload.first<crypto::kKemPublicLen>());
  const Mac mac = mac_of(auth, epoch, "AnoSckaK", payload.first(crypto::kKemPublicLen));
  std::copy(mac.begin(), mac.end(), payload.subspan(crypto::kKemPublicLen).begin());
  is_payload_ready = true;
}

void PqAgreement::write_symbols(const BodyPlan& plan, const PqChains& chains, MutableByteView out) noexcept {
  if (plan.symbol_count == 0) return;
  if (phase == AgreementPhase::holder && !is_payload_ready) make_ek_payload(epoch(chains));
  const std::size_t k = phase == AgreementPhase::holder ? kEkSymbols : kCtSymbols;
  for (std::size_t i = 0; i < plan.symbol_count; ++i) {
    encode_symbol(std::span(rows).first(k), next_index, out.subspan(i * kSymbolLen).first<kSymbolLen>());
    next_index = (next_index + 1) % kSymbolIndexes;
  }
}

bool PqAgreement::concerns(std::uint64_t pq_epoch, const BodyView& body, const PqChains& chains) const noexcept {
  if (pq_epoch > chains.sending_epoch) return true;   // a message of the epoch we encapsulated for
  if (pq_epoch < chains.sending_epoch) return false;  // symbols of an epoch that is done
  return body.symbol_count() != 0 && phase != AgreementPhase::key_complete && phase != AgreementPhase::encapsulated;
}

void PqAgreement::take(std::uint64_t pq_epoch, const BodyView& body, PqChains& chains, bool is_initiator) {
  if (pq_epoch > chains.sending_epoch) {
    chains.send_in(pq_epoch, std::move(next_sending));
    enter(AgreementPhase::holder_without_key);
  }
  if (body.symbol_count() == 0 || pq_epoch != chains.sending_epoch) return;
  switch (phase) {
    case AgreementPhase::holder_without_key: throw Error(Errc::bad_message, kWhere);  // ct for an ek never sent
    case AgreementPhase::holder:
      collect(body, kCtSymbols);
      if (collected == kCtSymbols) finish_ct(chains, is_initiator);
      return;
    case AgreementPhase::collecting:
      collect(body, kEkSymbols);
      if (collected == kEkSymbols) finish_ek(epoch(chains));
      return;
    case AgreementPhase::key_complete:
    case AgreementPhase::encapsulated: return;
  }
}

void PqAgreement::collect(const BodyView& body, std::size_t needed) {
  for (std::size_t i = 0; i < body.symbol_count(); ++i) {
    const auto index = static_cast<std::uint16_t>(body.first_symbol + i);
    const ByteView symbol = body.symbols.subspan(i * kSymbolLen, kSymbolLen);
    const auto* known = std::find(indexes.begin(), indexes.begin() + collected, index);
    const auto place = static_cast<std::size_t>(known - indexes.begin());
    if (place < collected) {
      if (!std::equal(symbol.begin(), symbol.end(), rows[place].begin())) throw Error(Errc::bad_message, kWhere);
    } else if (collected < needed) {
      indexes[collected] = index;
      std::copy(symbol.begin(), symbol.end(), rows[collected].begin());
      ++collected;
    }
  }
}

void PqAgreement::finish_ek(std::uint64_t epoch) {
  std::array<Symbol, kEkSymbols> decoded;
  decode_symbols(std::span(indexes).first<kEkSymbols>(), std::span(rows).first<kEkSymbols>(), decoded);
  const ByteView payload = bytes_of(decoded);
  const ByteView ek = payload.first(crypto::kKemPublicLen);
  if (!equal_ct(mac_of(auth, epoch, "AnoSckaK", ek), payload.subspan(ek.size())) ||
      !crypto::is_acceptable_kem(ek.first<crypto::kKemPublicLen>())) {
    throw Error(Errc::bad_message, kWhere);
  }
  enter(AgreementPhase::key_complete);
  std::copy(decoded.begin(), decoded.end(), rows.begin());
}

void PqAgreement::finish_ct(PqChains& chains, bool is_initiator) {
  std::array<Symbol, kCtSymbols> decoded;
  decode_symbols(std::span(indexes).first<kCtSymbols>(), std::span(rows).first<kCtSymbols>(), decoded);
  const ByteView payload = bytes_of(decoded);
  const ByteView ciphertext = payload.first(crypto::kKemCiphertextLen);
  crypto::SharedSecret shared;
  crypto::kem_decaps(seed, ciphertext.first<crypto::kKemCiphertextLen>(), shared);
  const std::uint64_t e = epoch(chains);
  EpochAgreement agreed = agree(auth, e, shared);
  if (!equal_ct(mac_of(agreed.auth, e, "AnoSckaC", ciphertext), payload.subspan(ciphertext.size()))) {
    throw Error(Errc::bad_message, kWhere);
  }
  auth = std::move(agreed.auth);
  chains.send_in(e, chains.add_epoch(e, agreed.secret, is_initiator));
  enter(AgreementPhase::collecting);
}

void PqAgreement::enter(AgreementPhase next) noexcept {
  phase = next;
  if (next != AgreementPhase::holder) seed = crypto::KemSeed();
  next_index = 0;
  collected = 0;
  is_payload_ready = false;
  wipe(bytes_of(rows));
}

PqAgreement PqAgreement::clone() const noexcept {
  PqAgreement copy;
  copy.phase = phase;
  copy.auth = auth.clone();
  copy.seed = seed.clone();
  copy.next_index = next_index;
  copy.next_sending = next_sending.clone();
  copy.rows = rows;
  copy.indexes = indexes;
  copy.collected = collected;
  copy.is_payload_ready = is_payload_ready;
  return copy;
}

}  // namespace anochat::session
