#include "session/session_state.hpp"

#include <anochat/base/error.hpp>
#include <anochat/framing/limits.hpp>
#include <utility>

#include "base/byte_io.hpp"

namespace anochat {
namespace {

using namespace session;
using Reader = detail::ByteReader;
using Writer = detail::ByteWriter<SecretBytes>;

constexpr std::string_view kWhere = "session.load";
constexpr std::uint8_t kRecordVersion = 1;

enum Flag : unsigned { initiator = 1, sending = 2, receiving = 4, step_due = 8, with_block = 16, own_pair = 32, remote_key = 64, answered = 128 };

template <class Key>
void read(Reader& in, Key& key) {
  in.copy_to(key.expose_mutable());
}

std::uint32_t read_counter(Reader& in) {
  const std::uint32_t value = in.be32();
  in.require(value <= kCounterEnd);
  return value;
}

void write(Writer& out, const EcChain& chain) {
  out.bytes(chain.key.expose()).bytes(chain.header_key.expose()).be32(chain.next);
}

EcChain read_ec_chain(Reader& in) {
  EcChain chain;
  read(in, chain.key);
  read(in, chain.header_key);
  chain.next = read_counter(in);
  return chain;
}

void read_kept_chains(Reader& in, EcRatchet& ec) {
  ec.receiving_id = in.be64();
  const std::size_t count = in.u8();
  in.require(count <= kMaxSkippedChains && ec.receiving_id < ~std::uint64_t{0});
  ec.kept.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    KeptChain chain{in.be64(), {}};
    read(in, chain.header_key);
    in.require(chain.id < ec.receiving_id && (i == 0 || chain.id > ec.kept.back().id));
    ec.kept.push_back(std::move(chain));
  }
}

void write(Writer& out, const PqChain& chain) { out.be32(chain.last).bytes(chain.key.expose()); }

PqChain read_pq_chain(Reader& in) {
  PqChain chain;
  chain.last = read_counter(in);
  read(in, chain.key);
  return chain;
}

void write_chains(Writer& out, const PqChains& chains, const AuthKey& auth) {
  out.bytes(chains.root.expose()).bytes(auth.expose()).be64(chains.sending_epoch);
  write(out, chains.sending);
  out.u8(static_cast<std::uint8_t>(chains.receiving_count));
  for (std::size_t i = 0; i < chains.receiving_count; ++i) {
    out.be64(chains.receiving[i].epoch);
    write(out, chains.receiving[i].chain);
  }
}

void read_chains(Reader& in, PqChains& chains, AuthKey& auth) {
  read(in, chains.root);
  read(in, auth);
  chains.sending_epoch = in.be64();
  in.require(chains.sending_epoch < ~std::uint64_t{0} - 1);
  chains.sending = read_pq_chain(in);
  chains.receiving_count = in.u8();
  in.require(chains.receiving_count >= 1 && chains.receiving_count <= PqChains::kMostReceiving);
  for (std::size_t i = 0; i < chains.receiving_count; ++i) {
    chains.receiving[i].epoch = in.be64();
    chains.receiving[i].chain = read_pq_chain(in);
    in.require(i == 0 || chains.receiving[i].epoch == chains.receiving[i - 1].epoch + 1);
  }
}

MutableByteView rows_of(PqAgreement& agreement, std::size_t count) {
  return {agreement.rows.data()->data(), count * kSymbolLen};
}
ByteView rows_of(const PqAgreement& agreement, std::size_t count) {
  return {agreement.rows.data()->data(), count * kSymbolLen};
}

void write_collected(Writer& out, const PqAgreement& agreement) {
  out.u8(static_cast<std::uint8_t>(agreement.collected));
  for (std::size_t i = 0; i < agreement.collected; ++i) out.be16(agreement.indexes[i]).bytes(agreement.rows[i]);
}

void read_collected(Reader& in, PqAgreement& agreement, std::size_t needed) {
  agreement.collected = in.u8();
  in.require(agreement.collected < needed);
  for (std::size_t i = 0; i < agreement.collected; ++i) {
    agreement.indexes[i] = in.be16();
    in.copy_to(agreement.rows[i]);
    for (std::size_t j = 0; j < i; ++j) in.require(agreement.indexes[j] != agreement.indexes[i]);
  }
}

void write_agreement(Writer& out, const PqAgreement& agreement) {
  out.u8(static_cast<std::uint8_t>(agreement.phase));
  const auto index = static_cast<std::uint16_t>(agreement.next_index);
  switch (agreement.phase) {
    case AgreementPhase::holder_without_key: return;
    case AgreementPhase::holder:
      out.bytes(agreement.seed.expose()).be16(index);
      return write_collected(out, agreement);
    case AgreementPhase::collecting: return write_collected(out, agreement);
    case AgreementPhase::key_complete: out.bytes(rows_of(agreement, kEkSymbols).first(crypto::kKemPublicLen)); return;
    case AgreementPhase::encapsulated:
      out.bytes(rows_of(agreement, kCtSymbols)).be16(index).bytes(agreement.next_sending.expose());
      return;
  }
}

void read_agreement(Reader& in, PqAgreement& agreement) {
  const std::uint8_t phase = in.u8();
  in.require(phase <= static_cast<std::uint8_t>(AgreementPhase::encapsulated));
  agreement.phase = static_cast<AgreementPhase>(phase);
  switch (agreement.phase) {
    case AgreementPhase::holder_without_key: return;
    case AgreementPhase::holder:
      read(in, agreement.seed);
      agreement.next_index = in.be16();
      return read_collected(in, agreement, kCtSymbols);
    case AgreementPhase::collecting: return read_collected(in, agreement, kEkSymbols);
    case AgreementPhase::key_complete: {
      const MutableByteView ek = rows_of(agreement, kEkSymbols).first(crypto::kKemPublicLen);
      in.copy_to(ek);
      return in.require(crypto::is_acceptable_kem(ek.first<crypto::kKemPublicLen>()));
    }
    case AgreementPhase::encapsulated:
      in.copy_to(rows_of(agreement, kCtSymbols));
      agreement.next_index = in.be16();
      read(in, agreement.next_sending);
      return;
  }
}

// Roles alternate: A holds the key in odd epochs. The receiving chains are those of s - 1, s and, once agreed, s + 1.
bool has_possible_epochs(AgreementPhase phase, bool is_initiator, const PqChains& chains) {
  const std::uint64_t s = chains.sending_epoch;
  const bool is_holder = phase <= AgreementPhase::holder;
  const std::uint64_t newest = phase == AgreementPhase::encapsulated ? s + 1 : s;
  const std::uint64_t oldest = s == 0 ? 0 : s - 1;
  return is_holder == ((s % 2 == 0) == is_initiator) && chains.receiving[0].epoch == oldest &&
         chains.receiving[chains.receiving_count - 1].epoch == newest;
}

}  // namespace

void Session::State::begin(HandshakeKeys& keys, bool initiator_side) noexcept {
  is_initiator = initiator_side;
  ad = std::move(keys.ad);
  exporter = std::move(keys.exporter);
  ec.root = std::move(keys.sk_ec);
  ec.next_sending_header = std::move(initiator_side ? keys.hk_a : keys.nhk_b);
  ec.next_receiving_header = std::move(initiator_side ? keys.nhk_b : keys.hk_a);
  pq.chains = PqChains::begin(keys.sk_pq.expose(), initiator_side);
  agreement = PqAgreement::begin(std::move(keys.a0), initiator_side);
}

std::unique_ptr<Session::State> Session::State::of_initiator(Initiation from, const PreKeyBundle& peer) {
  auto state = std::make_unique<State>();
  state->begin(from.keys, true);
  state->id = session_id_of(from.block);
  state->block = std::make_unique<Block>(from.block);
  state->peer_address = peer.certificate.address();
  state->peer_identity = peer.certificate.identity;
  state->ec.remote = peer.signed_prekey.key;
  state->ec.is_step_due = true;
  return state;
}

std::unique_ptr<Session::State> Session::State::of_responder(Acceptance from) {
  auto state = std::make_unique<State>();
  state->begin(from.keys, false);
  state->id = from.consumed.session_id;
  state->peer_address = from.peer.address();
  state->peer_identity = from.peer.identity;
  state->ec.own = RatchetPair{std::move(from.signed_prekey.private_key), from.signed_prekey.public_key};
  return state;
}

void Session::State::encode(SecretBytes& record) const {
  Writer out(record);
  const unsigned flags = (is_initiator ? initiator : 0U) | (ec.sending ? sending : 0U) | (ec.receiving ? receiving : 0U) |
                         (ec.is_step_due ? step_due : 0U) | (block ? with_block : 0U) | (ec.own ? own_pair : 0U) |
                         (ec.remote ? remote_key : 0U) | (is_answered ? answered : 0U);
  out.u8(kRecordVersion).u8(kSuite).u8(static_cast<std::uint8_t>(flags));
  out.bytes(id).bytes(ad.expose()).bytes(exporter.expose());
  out.bytes(peer_address.encode()).bytes(peer_identity.encode());
  out.bytes(ec.root.expose()).bytes(ec.next_sending_header.expose()).bytes(ec.next_receiving_header.expose());
  if (ec.own) out.bytes(ec.own->private_key.expose()).bytes(ec.own->public_key);
  if (ec.remote) out.bytes(*ec.remote);
  out.be32(ec.previous_count);
  if (ec.sending) write(out, *ec.sending);
  if (ec.receiving) write(out, *ec.receiving);
  out.be64(ec.receiving_id).u8(static_cast<std::uint8_t>(ec.kept.size()));
  for (const KeptChain& chain : ec.kept) out.be64(chain.id).bytes(chain.header_key.expose());
  write_chains(out, pq.chains, agreement.auth);
  write_agreement(out, agreement);
  if (block) out.bytes(*block);
}

std::unique_ptr<Session::State> Session::State::decode(ByteView record) {
  Reader in(record, Errc::bad_state, kWhere);
  const std::uint8_t version = in.u8();
  const std::uint8_t suite = in.u8();
  in.require(version != 0);
  if (version > kRecordVersion || suite != kSuite) throw Error(Errc::unsupported_state, kWhere);
  const unsigned flags = in.u8();
  auto state = std::make_unique<State>();
  EcRatchet& ec = state->ec;
  state->is_initiator = (flags & initiator) != 0;
  state->is_answered = (flags & answered) != 0;
  ec.is_step_due = (flags & step_due) != 0;
  in.copy_to(state->id);
  read(in, state->ad);
  read(in, state->exporter);
  try {
    state->peer_address = Address::decode(in.take(Address::kEncodedLen));
    state->peer_identity = DeviceIdentity::decode(in.take(DeviceIdentity::kEncodedLen));
  } catch (const Error&) {
    throw Error(Errc::bad_state, kWhere);
  }
  read(in, ec.root);
  read(in, ec.next_sending_header);
  read(in, ec.next_receiving_header);
  if ((flags & own_pair) != 0) {
    ec.own.emplace();
    read(in, ec.own->private_key);
    in.copy_to(ec.own->public_key);
  }
  if ((flags & remote_key) != 0) {
    in.copy_to(ec.remote.emplace());
    in.require(crypto::is_acceptable_x25519(*ec.remote));
  }
  ec.previous_count = read_counter(in);
  if ((flags & sending) != 0) ec.sending = read_ec_chain(in);
  if ((flags & receiving) != 0) ec.receiving = read_ec_chain(in);
  read_kept_chains(in, ec);
  read_chains(in, state->pq.chains, state->agreement.auth);
  read_agreement(in, state->agreement);
  if ((flags & with_block) != 0) in.copy_to(*(state->block = std::make_unique<Block>()));
  in.expect_end();
  in.require(is_consistent(*state) && has_possible_epochs(state->agreement.phase, state->is_initiator, state->pq.chains));
  return state;
}

// What may stand together, as docs/protocol.md says: anything else is damage that trial and error would find later.
bool Session::State::is_consistent(const State& state) noexcept {
  const EcRatchet& ec = state.ec;
  const bool receives = ec.receiving.has_value();
  if (receives != state.is_answered || receives != (ec.receiving_id > 0)) return false;
  if (!ec.sending && ec.previous_count != 0) return false;
  if (state.block && session_id_of(*state.block) != state.id) return false;
  if (state.is_initiator) {
    return (state.block != nullptr) != receives && ec.remote && ec.own.has_value() == ec.sending.has_value() &&
           (ec.sending || ec.is_step_due);
  }
  const bool may_send = ec.sending || ec.is_step_due;
  return !state.block && ec.own && ec.remote.has_value() == receives && may_send == receives;
}

}  // namespace anochat
