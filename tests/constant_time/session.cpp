// Messages: finding the header's key, opening the body, checking its filling, sealing, the handshake, signals.
#include <anochat/testing/clock.hpp>

#include "crypto/aegis.hpp"
#include "harness.hpp"
#include "session/body.hpp"
#include "support/parties.hpp"
#include "support/session_access.hpp"

#include <algorithm>

namespace anochat::constant_time {
namespace {

void make_secret_chains(Session& session) {
  SessionAccess::State& state = SessionAccess::state(session);
  make_secret(state.ad);
  make_secret(state.exporter);
  make_secret(state.ec.root);
  make_secret(state.ec.next_sending_header);
  make_secret(state.ec.next_receiving_header);
  if (state.ec.own) make_secret(state.ec.own->private_key);
  for (auto* chain : {&state.ec.sending, &state.ec.receiving}) {
    if (!*chain) continue;
    make_secret((*chain)->key);
    make_secret((*chain)->header_key);
  }
  for (session::KeptChain& kept : state.ec.kept) make_secret(kept.header_key);
  make_secret(state.pq.chains.root);
  make_secret(state.pq.chains.sending.key);
  for (session::PqReceivingChain& receiving : state.pq.chains.receiving) make_secret(receiving.chain.key);
  make_secret(state.agreement.auth);
}

/// Two sides that have both spoken.
struct Talk : testing::Pair {
  Talk() : Pair(7) { settle(); }
};

void header_trial(bool leak) {
  Talk talk;
  const Bytes message = talk.alice.encrypt(as_bytes("hello"), talk.random);
  const Bytes foreign(message.size(), 9);
  make_secret_chains(talk.bob);
  static_cast<void>(talk.bob.recognises(message));
  static_cast<void>(talk.bob.recognises(foreign));
  if (leak) leak_by_branch(SessionAccess::state(talk.bob).ec.next_receiving_header.expose());
}

void open_on_chain(bool leak) {
  Talk talk;
  const Bytes first = talk.alice.encrypt(as_bytes("one"), talk.random);
  const Bytes second = talk.alice.encrypt(as_bytes("two"), talk.random);
  static_cast<void>(talk.bob.decrypt(first, talk.clock.now()));
  make_secret_chains(talk.bob);
  static_cast<void>(talk.bob.decrypt(second, talk.clock.now()));
  if (leak) leak_by_table(SessionAccess::state(talk.bob).ec.receiving->key.expose());
}

void open_with_step(bool leak) {
  Talk talk;
  talk.pass(talk.bob, talk.alice, as_bytes("turn"));
  const Bytes message = talk.alice.encrypt(as_bytes("a new ratchet key"), talk.random);
  make_secret_chains(talk.bob);
  static_cast<void>(talk.bob.decrypt(message, talk.clock.now()));
  if (leak) leak_by_branch(SessionAccess::state(talk.bob).ec.root.expose());
}

void open_changed(bool leak) {
  Talk talk;
  Bytes message = talk.alice.encrypt(as_bytes("changed on its way"), talk.random);
  message.back() ^= 1;
  make_secret_chains(talk.bob);
  try {
    static_cast<void>(talk.bob.decrypt(message, talk.clock.now()));
  } catch (const Error&) {  // bad_message, as it should be
  }
  if (leak) leak_by_branch(SessionAccess::state(talk.bob).ec.root.expose());
}

void seal_message(bool leak) {
  Talk talk;
  Bytes content(700, 'x');
  make_secret_chains(talk.alice);
  make_secret(content);
  static_cast<void>(talk.alice.encrypt(content, talk.random));
  static_cast<void>(talk.alice.encrypt(content, talk.random));
  if (leak) leak_by_table(content);
}

// Its lengths are known: they decide how long everything takes. Content and filling are not.
void padding_check(bool leak) {
  Bytes body(512, 0);
  const session::BodyPlan plan{.body_len = body.size()};
  static_cast<void>(session::write_body(Bytes(300, 'x'), plan, body));
  const MutableByteView view(body);
  make_secret(view.subspan(4, 300));
  make_secret(view.subspan(307));
  static_cast<void>(session::parse_body(body));
  if (leak) leak_by_branch(view.subspan(307));
}

class SecretPreKeys final : public PreKeySource {
 public:
  explicit SecretPreKeys(PreKeySource& inner) : inner_(inner) {}
  std::optional<X25519PreKey> signed_prekey(std::uint32_t id) override { return hidden(inner_.signed_prekey(id)); }
  std::optional<X25519PreKey> one_time_prekey(std::uint32_t id) override { return hidden(inner_.one_time_prekey(id)); }
  // Its seed also makes the public matrix, by a search that takes as long as it takes; see "ML-KEM-768 decapsulation".
  std::optional<KemPreKey> kem_prekey(KemKind kind, std::uint32_t id) override { return inner_.kem_prekey(kind, id); }
  bool was_accepted(const ByteArray<32>& session_id) override { return inner_.was_accepted(session_id); }

 private:
  static std::optional<X25519PreKey> hidden(std::optional<X25519PreKey> prekey) {
    if (prekey) make_secret(prekey->private_key);
    return prekey;
  }
  PreKeySource& inner_;
};

void accept_handshake(bool leak) {
  testing::FakeClock clock;
  testing::SeededRandom random(11);
  testing::Party alice(random, clock.now()), bob(random, clock.now());
  Session session = Session::initiate(alice.device, bob.prekeys.bundle(clock.now()), random);
  const Bytes message = session.encrypt(as_bytes("hello"), random);
  make_secret(bob.device.signing_private().expose());
  make_secret(bob.device.agreement_private().expose());
  SecretPreKeys prekeys(bob.prekeys);
  static_cast<void>(Session::accept(bob.device, prekeys, message, clock.now()));
  if (leak) leak_by_branch(bob.device.agreement_private().expose());
}

void signals(bool leak) {
  Talk talk;
  const Bytes signal = talk.alice.seal_signal(as_bytes("typing"), talk.clock.now(), talk.random);
  make_secret_chains(talk.bob);
  static_cast<void>(talk.bob.open_signal(signal, talk.clock.now()));
  if (leak) leak_by_branch(SessionAccess::state(talk.bob).ec.receiving->header_key.expose());
}

void exported_secret(bool leak) {
  Talk talk;
  make_secret_chains(talk.alice);
  const ExportedSecret secret = talk.alice.export_secret("call", as_bytes("7"));
  if (leak) leak_by_table(secret.expose());
}

void saved_session(bool leak) {
  Talk talk;
  StateKey key;
  make_secret_chains(talk.alice);
  make_secret(key);
  Bytes sealed = talk.alice.seal(key, talk.random);
  SecretBytes plain(sealed.size() - crypto::kAegisNonceLen - crypto::kAegisTagLen);
  make_public(sealed);  // on the disk
  const ByteView view(sealed);
  static_cast<void>(crypto::aegis_open(key.expose(), view.first<crypto::kAegisNonceLen>(), as_bytes("AnoChat/1/state"),
                                       view.subspan(crypto::kAegisNonceLen), plain));
  if (leak) leak_by_branch(key.expose());
}

}  // namespace

std::vector<Harness> session_harnesses() {
  return {{"header trial", header_trial},
          {"body open, same chain", open_on_chain},
          {"body open, ratchet step", open_with_step},
          {"body open, changed message", open_changed},
          {"body seal", seal_message},
          {"padding check", padding_check},
          {"handshake, accepting", accept_handshake},
          {"signal open", signals},
          {"exported secret", exported_secret},
          {"saved session", saved_session}};
}

}  // namespace anochat::constant_time
