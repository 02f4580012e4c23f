#include <anochat/session/session.hpp>

#include <anochat/base/error.hpp>
#include <anochat/framing/limits.hpp>
#include <algorithm>
#include <utility>

#include "base/byte_io.hpp"
#include "base/sodium_ready.hpp"
#include "base/stack_wipe.hpp"
#include "crypto/aegis.hpp"
#include "crypto/blake2.hpp"
#include "session/body.hpp"
#include "session/session_state.hpp"

namespace anochat {
namespace {

using namespace session;

constexpr std::string_view kEncrypt = "session.encrypt";
constexpr std::string_view kDecrypt = "session.decrypt";

static_assert(message_len(MessageType::initial, kMaxBodyLen) == kMaxMessageLen);
static_assert(padded_size(kBodyOverhead + kMaxContentLen + kSymbolLen) == kMaxBodyLen);

template <std::size_t N>
ByteArray<AssociatedData::kSize + N> body_ad(const AssociatedData& ad, ByteView head) noexcept {
  ByteArray<AssociatedData::kSize + N> bytes;
  auto* end = std::copy(ad.expose().begin(), ad.expose().end(), bytes.begin());
  std::copy(head.begin(), head.end(), end);
  return bytes;
}

constexpr std::size_t kMostHeadLen = head_len(MessageType::initial);

// AD || head in a buffer that is large enough for both types of message.
struct BodyAd {
  BodyAd(const AssociatedData& ad, ByteView head) noexcept
      : bytes(body_ad<kMostHeadLen>(ad, head)), length(AssociatedData::kSize + head.size()) {}
  [[nodiscard]] ByteView view() const noexcept { return ByteView(bytes).first(length); }
  ByteArray<AssociatedData::kSize + kMostHeadLen> bytes;
  std::size_t length;
};

// Whatever was appended to the skipped keys goes again unless the message was accepted.
class Attempt {
 public:
  Attempt(EcRatchet& ec, PqRatchet& pq) noexcept : ec_(ec), pq_(pq) {
    ec_.skipped.begin();
    pq_.skipped.begin();
  }
  Attempt(const Attempt&) = delete;
  Attempt& operator=(const Attempt&) = delete;
  ~Attempt() {
    if (is_accepted_) return;
    ec_.skipped.roll_back();
    pq_.skipped.roll_back();
  }
  void accept() noexcept { is_accepted_ = true; }

 private:
  EcRatchet& ec_;
  PqRatchet& pq_;
  bool is_accepted_ = false;
};

// What a message of the agreement is tried on. Made only when there is one: it has 1,500 bytes.
struct PqCopy {
  PqChains chains;
  PqAgreement agreement;
};

// The opened body lies in the scratch buffer only as long as it is needed.
class Scratch {
 public:
  Scratch(SecretBytes& bytes, std::size_t size) : bytes_(bytes) { bytes_.resize(size); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() { wipe(bytes_); }
  [[nodiscard]] MutableByteView view() noexcept { return bytes_; }

 private:
  SecretBytes& bytes_;
};

}  // namespace

Session::Session(std::unique_ptr<State> state) noexcept : state_(std::move(state)) {}
Session::Session(Session&& other) noexcept = default;
Session& Session::operator=(Session&& other) noexcept = default;
Session::~Session() = default;

Session Session::initiate(const Device& own, const PreKeyBundle& peer, Random& random) {
  const detail::DeepStackWipe wipe_stack;
  return Session(State::of_initiator(session::initiate(own, peer, random), peer));
}

AcceptedSession Session::accept(const Device& own, PreKeySource& prekeys, ByteView message, UnixTime now) {
  const detail::DeepStackWipe wipe_stack;
  const MessageView view = parse_message(message, "session.accept");
  if (view.type != MessageType::initial) throw Error(Errc::bad_message, "session.accept");
  Acceptance accepted = session::accept(own, prekeys, view.block);
  const Certificate peer = accepted.peer;
  const ConsumedPreKeys consumed = accepted.consumed;
  Session session(State::of_responder(std::move(accepted)));
  SecretBytes content = session.decrypt(message, now);
  return {std::move(session), std::move(content), peer, consumed};
}

std::optional<SessionId> Session::peek_id(ByteView message) noexcept {
  try {
    const MessageView view = parse_message(message, "session.peek");
    if (view.type == MessageType::initial) return session_id_of(view.block);
  } catch (const std::exception&) {  // no message: no id
  }
  return std::nullopt;
}

bool Session::recognises(ByteView message) const noexcept {
  try {
    const MessageView view = parse_message(message, "session.recognises");
    const State& s = alive(state_, "session.recognises");
    if (view.type == MessageType::initial && session_id_of(view.block) != s.id) return false;
    const HeaderAd ad(view.front, s.ad);
    return s.ec.any_header_key([&](const HeaderKey& key) { return open_header(view, key, ad.view()).has_value(); });
  } catch (const std::exception&) {  // no message
    return false;
  }
}

std::size_t Session::message_len(std::size_t content_len) const {
  if (content_len > kMaxContentLen) throw Error(Errc::too_large, "session.message_len");
  const State& s = alive(state_, "session.message_len");
  const BodyPlan plan = plan_body(content_len, s.agreement.offer(), s.ec.next_number());
  return session::message_len(s.next_type(), plan.body_len);
}

std::size_t Session::encrypt(ByteView content, MutableByteView out, Random& random) {
  State& s = alive(state_, kEncrypt);
  const std::size_t length = message_len(content.size());
  if (out.size() < length) throw Error(Errc::buffer_too_small, kEncrypt);
  const std::uint32_t n = s.ec.next_number();
  if (!s.ec.can_send()) throw Error(Errc::wrong_state, kEncrypt);
  if (is_exhausted()) throw Error(Errc::counter_exhausted, kEncrypt);
  const BodyPlan plan = plan_body(content.size(), s.agreement.offer(), n);

  // All that can fail comes first: the randomness.
  crypto::X25519Private fresh;
  Secret<struct AgreementRandomRole, 64> agreement_random;
  if (s.ec.is_step_due) random.fill(fresh.expose_mutable());
  const std::size_t due = s.agreement.random_bytes_due();
  if (due != 0) random.fill(agreement_random.expose_mutable().first(due));

  if (s.ec.is_step_due) s.ec.step(std::move(fresh));
  if (due != 0) s.agreement.prepare_to_send(agreement_random.expose_mutable(), s.pq.chains, s.is_initiator);
  EcChain& chain = *s.ec.sending;
  PqChain& pq_chain = s.pq.chains.sending;
  const Header header{.dh = s.ec.own->public_key, .pn = s.ec.previous_count, .n = n,
                      .pq_epoch = s.pq.chains.sending_epoch, .pq_n = pq_chain.last + 1};
  const MessageKeys keys(session::step(chain.key, chain.next++), session::step(pq_chain.key, ++pq_chain.last));

  const MessageType type = s.next_type();
  const std::size_t front = front_len(type);
  const std::size_t head = head_len(type);
  write_prefix(type, out.data());
  if (s.block) std::copy(s.block->begin(), s.block->end(), out.begin() + kPrefixLen);
  std::copy(keys.header_nonce().begin(), keys.header_nonce().end(), out.begin() + static_cast<std::ptrdiff_t>(front));
  seal_header(header, chain.header_key, keys.header_nonce(), HeaderAd(out.first(front), s.ad).view(),
              out.subspan(front + crypto::kNonceLen, kSealedHeaderLen));
  const MutableByteView body = out.subspan(head, plan.body_len);
  s.agreement.write_symbols(plan, s.pq.chains, write_body(content, plan, body));
  crypto::seal(keys.body_key(), keys.body_nonce(), BodyAd(s.ad, out.first(head)).view(), body,
               out.subspan(head, plan.body_len + crypto::kTagLen));
  return length;
}

Bytes Session::encrypt(ByteView content, Random& random) {
  Bytes message(message_len(content.size()));
  encrypt(content, message, random);
  return message;
}

std::size_t Session::content_bound(std::size_t message_len) noexcept {
  const std::size_t overhead = kHeadLen + crypto::kTagLen + kBodyOverhead;
  return std::min<std::size_t>(kMaxContentLen, message_len > overhead ? message_len - overhead : 0);
}

std::size_t Session::decrypt(ByteView message, MutableByteView out, UnixTime now) {
  State& s = alive(state_, kDecrypt);
  if (out.size() < content_bound(message.size())) throw Error(Errc::buffer_too_small, kDecrypt);
  const MessageView view = parse_message(message, kDecrypt);
  if (view.type == MessageType::initial && session_id_of(view.block) != s.id) throw Error(Errc::bad_message, kDecrypt);
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now);

  // Nothing is changed before the body has opened and its symbols are accepted.
  Attempt attempt(s.ec, s.pq);
  Header header;
  EcReceipt ec = s.ec.receive(view, HeaderAd(view.front, s.ad).view(), seconds, header);
  PqReceipt pq = s.pq.receive(header.pq_epoch, header.pq_n, seconds);
  const MessageKeys keys(ec.message_key, pq.message_key);
  if (!equal_ct(keys.header_nonce(), view.header_nonce)) throw Error(Errc::bad_message, kDecrypt);
  Scratch scratch(s.scratch, view.sealed_body.size() - crypto::kTagLen);
  if (!crypto::open(keys.body_key(), keys.body_nonce(), BodyAd(s.ad, view.head).view(), view.sealed_body, scratch.view())) {
    throw Error(Errc::bad_message, kDecrypt);
  }
  const std::optional<BodyView> body = parse_body(scratch.view());
  if (!body) throw Error(Errc::bad_message, kDecrypt);
  std::optional<PqCopy> copy;
  if (s.agreement.concerns(header.pq_epoch, *body, s.pq.chains)) {
    copy.emplace(PqCopy{s.pq.chains.clone(), s.agreement.clone()});
    if (!pq.kept_place) copy->chains.receiving[pq.chain_place].chain = pq.chain.clone();
    copy->agreement.take(header.pq_epoch, *body, copy->chains, s.is_initiator);
  }
  SkippedKeyChanges changes = s.plan_changes(ec, pq, seconds);

  attempt.accept();
  s.ec.commit(std::move(ec));
  s.pq.commit(std::move(pq));
  if (copy) {
    s.pq.chains = std::move(copy->chains);
    s.agreement = std::move(copy->agreement);
  }
  s.changes = std::move(changes);
  s.prune(seconds);
  s.is_answered = true;
  s.block.reset();
  std::copy(body->content.begin(), body->content.end(), out.begin());
  return body->content.size();
}

SecretBytes Session::decrypt(ByteView message, UnixTime now) {
  SecretBytes content(content_bound(message.size()));
  content.resize(decrypt(message, content, now));
  return content;
}

const SessionId& Session::id() const noexcept { return state_->id; }
const Address& Session::peer_address() const noexcept { return state_->peer_address; }
const DeviceIdentity& Session::peer_identity() const noexcept { return state_->peer_identity; }
bool Session::is_initiator() const noexcept { return state_->is_initiator; }
bool Session::is_answered() const noexcept { return state_->is_answered; }
bool Session::is_exhausted() const noexcept {
  // One more than the number may become the PN of the next chain, so it must stay in range too.
  return state_->ec.next_number() + 1 >= kCounterEnd || state_->pq.chains.sending.last + 1 >= kCounterEnd;
}
std::uint64_t Session::pq_epoch() const noexcept { return state_->pq.chains.sending_epoch; }
std::size_t Session::skipped_key_count() const noexcept { return state_->skipped_count(); }
const SkippedKeyChanges& Session::skipped_key_changes() const noexcept { return state_->changes; }

ExportedSecret Session::export_secret(std::string_view label, ByteView context) const noexcept {
  const detail::ShallowStackWipe wipe_stack;
  ExportedSecret out;
  crypto::Blake2b<32>(state_->exporter.expose()).add_lp("AnoChat/1/export").add_lp(label).add_lp(context).finish(out.expose_mutable());
  return out;
}

SecretBytes Session::save_record() const {
  SecretBytes record;
  record.reserve(kRecordRoom);
  alive(state_, "session.save").encode(record);
  return record;
}

SecretBytes Session::save() const {
  const State& s = alive(state_, "session.save");
  const std::size_t skipped = s.skipped_count();
  SecretBytes saved(4);  // the record's length, once it is known
  saved.reserve(8 + kRecordRoom + skipped * kSkippedRecordLen);
  s.encode(saved);
  detail::put_be32(saved.data(), static_cast<std::uint32_t>(saved.size() - 4));
  detail::ByteWriter(saved).be32(static_cast<std::uint32_t>(skipped));
  s.encode_skipped(saved);
  return saved;
}

Session Session::load(ByteView saved) {
  detail::require_sodium("session.load");
  detail::ByteReader in(saved, Errc::bad_state, "session.load");
  std::unique_ptr<State> state = State::decode(in.take(in.be32()));
  const std::size_t count = in.be32();
  in.require(count <= 2 * kMaxSkippedKeys && in.left() == count * kSkippedRecordLen);
  std::vector<SkippedKeyRecord> records;
  records.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    records.push_back(decode_skipped(in.take(kSkippedRecordLen)));
    in.require(i == 0 || records[i - 1].id < records[i].id);  // the order of save()
  }
  const std::size_t kept_chains = state->ec.kept.size();
  state->take_skipped(std::move(records));
  in.require(state->ec.kept.size() == kept_chains);  // save() leaves out chains without keys
  return Session(std::move(state));
}

Session Session::load_record(ByteView record, std::vector<SkippedKeyRecord> skipped) {
  detail::require_sodium("session.load");
  std::unique_ptr<State> state = State::decode(record);
  state->take_skipped(std::move(skipped));
  return Session(std::move(state));
}

Bytes Session::seal(const StateKey& key, Random& random) const {
  const SecretBytes plain = save();
  Bytes sealed(crypto::kAegisNonceLen + plain.size() + crypto::kAegisTagLen);
  const MutableByteView out(sealed);
  random.fill(out.first(crypto::kAegisNonceLen));
  crypto::aegis_seal(key.expose(), out.first<crypto::kAegisNonceLen>(), as_bytes("AnoChat/1/state"), plain,
                     out.subspan(crypto::kAegisNonceLen));
  return sealed;
}

Session Session::open(const StateKey& key, ByteView sealed) {
  detail::require_sodium("session.open");
  constexpr std::size_t overhead = crypto::kAegisNonceLen + crypto::kAegisTagLen;
  if (sealed.size() < overhead) throw Error(Errc::bad_state, "session.open");
  SecretBytes plain(sealed.size() - overhead);
  if (!crypto::aegis_open(key.expose(), sealed.first<crypto::kAegisNonceLen>(), as_bytes("AnoChat/1/state"),
                          sealed.subspan(crypto::kAegisNonceLen), plain)) {
    throw Error(Errc::bad_state, "session.open");
  }
  return load(plain);
}

}  // namespace anochat
