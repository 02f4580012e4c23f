#include <anochat/base/clock.hpp>
#include <anochat/base/error.hpp>
#include <anochat/crypto/memory_prekeys.hpp>
#include <anochat/session/session.hpp>
#include <anochat/storage/recovery_key.hpp>
#include <anochat/storage/store.hpp>
#include <anochat/testing/clock.hpp>

#include "stage.hpp"
#include "support/session_access.hpp"
#include "support/temporary_folder.hpp"

#include <cstring>
#include <filesystem>
#include <optional>

namespace anochat::zeroisation {
namespace {

using testing::FakeClock;

/// Keys that a session has now.
void tell_keys(const Stage& stage, Session& session) {
  SessionAccess::State& state = SessionAccess::state(session);
  stage.secret("root key", state.ec.root.expose());
  stage.secret("next sending header key", state.ec.next_sending_header.expose());
  stage.secret("next receiving header key", state.ec.next_receiving_header.expose());
  if (state.ec.own) stage.secret("ratchet private key", state.ec.own->private_key.expose());
  if (state.ec.sending) {
    stage.secret("sending chain key", state.ec.sending->key.expose());
    stage.secret("sending header key", state.ec.sending->header_key.expose());
  }
  if (state.ec.receiving) {
    stage.secret("receiving chain key", state.ec.receiving->key.expose());
    stage.secret("receiving header key", state.ec.receiving->header_key.expose());
  }
  stage.secret("PQ root key", state.pq.chains.root.expose());
  stage.secret("PQ sending chain key", state.pq.chains.sending.key.expose());
  stage.secret("PQ receiving chain key", state.pq.chains.receiving[0].chain.key.expose());
  stage.secret("exporter key", state.exporter.expose());
  stage.secret("authentication key", state.agreement.auth.expose());
}

struct Party {
  Party(Random& random, UnixTime now)
      : account(AccountKey::generate(random)),
        device(Device::create(account, 1, random)),
        prekeys(device, now, random, 2) {}
  AccountKey account;
  Device device;
  MemoryPreKeys prekeys;
};

struct Talk {
  FakeClock clock;
  TracelessRandom random;
  Party alice_party{random, clock.now()};
  Party bob_party{random, clock.now()};
  std::optional<Session> alice;
  std::optional<Session> bob;

  Talk() {
    alice.emplace(Session::initiate(alice_party.device, bob_party.prekeys.bundle(clock.now()), random));
    const Bytes first = alice->encrypt(as_bytes("hello"), random);
    AcceptedSession accepted = Session::accept(bob_party.device, bob_party.prekeys, first, clock.now());
    bob_party.prekeys.consume(accepted.consumed);
    bob.emplace(std::move(accepted.session));
    pass(*bob, *alice);
    pass(*alice, *bob);
  }
  void pass(Session& from, Session& to) {
    static_cast<void>(to.decrypt(from.encrypt(as_bytes("a message"), random), clock.now()));
  }
};

void encrypt(const Stage& stage) {
  Talk talk;
  auto& state = SessionAccess::state(*talk.alice);
  stage.secret("sending chain key", state.ec.sending->key.expose());
  stage.secret("PQ sending chain key", state.pq.chains.sending.key.expose());
  static_cast<void>(talk.alice->encrypt(as_bytes("one more"), talk.random));
  talk.bob.reset();  // has the same chains, for receiving
  stage.check("after encrypt");
}

void decrypt(const Stage& stage) {
  Talk talk;
  talk.pass(*talk.alice, *talk.bob);
  const Bytes message = talk.alice->encrypt(as_bytes("The content, which is only on its way through."), talk.random);
  auto& state = SessionAccess::state(*talk.bob);
  stage.secret("receiving chain key", state.ec.receiving->key.expose());
  {
    const SecretBytes content = talk.bob->decrypt(message, talk.clock.now());
    stage.secret("content", content);
  }
  stage.check("after decrypt");
}

void refused(const Stage& stage) {
  Talk talk;
  Bytes message = talk.alice->encrypt(as_bytes("changed"), talk.random);
  Session copy = Session::load(talk.bob->save());
  stage.secret("next receiving header key", SessionAccess::state(*talk.bob).ec.next_receiving_header.expose());
  stage.secret("root key", SessionAccess::state(*talk.bob).ec.root.expose());
  static_cast<void>(copy.decrypt(message, talk.clock.now()));
  message.back() ^= 1;
  try {
    static_cast<void>(talk.bob->decrypt(message, talk.clock.now()));
  } catch (const Error&) {  // bad_message
  }
  talk.bob.reset();
  copy = Session::load(talk.alice->save());
  talk.alice.reset();
  static_cast<void>(Session(std::move(copy)));
  stage.check("after a refusal and the session's end");
}

void ratchet_step(const Stage& stage) {
  Talk talk;
  talk.pass(*talk.bob, *talk.alice);
  auto& state = SessionAccess::state(*talk.alice);
  stage.secret("root key", state.ec.root.expose());
  stage.secret("ratchet private key", state.ec.own->private_key.expose());
  stage.secret("sending chain key", state.ec.sending->key.expose());
  talk.pass(*talk.alice, *talk.bob);  // a step to send
  talk.pass(*talk.bob, *talk.alice);  // a step to receive
  stage.check("after two ratchet steps");
}

void skipped_key(const Stage& stage) {
  Talk talk;
  const Bytes late = talk.alice->encrypt(as_bytes("late"), talk.random);
  talk.pass(*talk.alice, *talk.bob);
  for (const SkippedKeyRecord& record : talk.bob->skipped_key_changes().added) {
    stage.secret("skipped key", record.key.expose());
  }
  static_cast<void>(talk.bob->decrypt(late, talk.clock.now()));
  stage.check("after the late message");
}

void end_of_session(const Stage& stage) {
  Talk talk;
  tell_keys(stage, *talk.alice);
  talk.alice.reset();
  talk.bob.reset();  // its receiving keys are Alice's sending keys
  stage.check("after the sessions' end");
}

void saved_session(const Stage& stage) {
  Talk talk;
  tell_keys(stage, *talk.alice);
  {
    const SecretBytes saved = talk.alice->save();
    Session loaded = Session::load(saved);
    static_cast<void>(loaded.save_record());
    StateKey key;
    talk.random.fill(key.expose_mutable());
    stage.secret("state key", key.expose());
    const Bytes sealed = loaded.seal(key, talk.random);
    static_cast<void>(Session::open(key, sealed));
  }
  talk.alice.reset();
  talk.bob.reset();
  stage.check("after saving, sealing, opening and loading");
}

void used_prekeys(const Stage& stage) {
  FakeClock clock;
  TracelessRandom random;
  Party alice(random, clock.now()), bob(random, clock.now());
  const PreKeyBundle bundle = bob.prekeys.bundle(clock.now());
  Session session = Session::initiate(alice.device, bundle, random);
  const Bytes first = session.encrypt(as_bytes("hello"), random);
  AcceptedSession accepted = Session::accept(bob.device, bob.prekeys, first, clock.now());
  {
    const auto one_time = bob.prekeys.one_time_prekey(*accepted.consumed.one_time_id);
    const auto kem = bob.prekeys.kem_prekey(accepted.consumed.kem_kind, accepted.consumed.kem_id);
    stage.secret("one-time prekey", one_time->private_key.expose());
    stage.secret("KEM prekey", kem->seed.expose());
  }
  bob.prekeys.consume(accepted.consumed);
  stage.check("after the prekeys are used");
}

void identity(const Stage& stage) {
  TracelessRandom random;
  {
    const AccountKey account = AccountKey::generate(random);
    stage.secret("account seed", account.seed().expose());
    const Device device = Device::create(account, 1, random);
    stage.secret("device signing seed", device.signing_private().expose());
    stage.secret("device agreement key", device.agreement_private().expose());
    const SecretBytes saved = device.save();
    const Device again = Device::load(saved);
    FakeClock clock;
    const KemPreKey prekey = make_kem_prekey(again, KemKind::one_time, 1, clock.now(), random);
    stage.secret("KEM seed", prekey.seed.expose());
  }
  stage.check("after account and device are gone");
}

void exported_secret(const Stage& stage) {
  Talk talk;
  {
    const ExportedSecret secret = talk.alice->export_secret("call");
    stage.secret("exported secret", secret.expose());
  }
  stage.check("after the exported secret's end");
}

struct StoreWorld {
  FakeClock clock;
  TracelessRandom random;
  NullLog log;
  StoreOptions options() {
    StoreOptions out;
    out.clock = &clock;
    out.random = &random;
    out.log = &log;
    return out;
  }
};

void raw_store_key(const Stage& stage) {
  testing::TemporaryFolder folder;
  StoreWorld w;
  std::optional<Store> store;
  {
    StoreKey key;
    w.random.fill(key.expose_mutable());
    stage.secret("raw key", key.expose());
    RawKey provider(std::move(key));
    store.emplace(Store::create(folder / "store.ano", provider, w.options()));
  }
  stage.check("while the store is open");
  {
    const storage::StoredKey derived = store->derive_key("calls");
    stage.secret("derived key", derived.expose());
  }
  stage.check("after the derived key's end");
  store->close();
  stage.check("after the store is closed");
}

void passphrase(const Stage& stage) {
  testing::TemporaryFolder folder;
  StoreWorld w;
  const auto make = [&] {
    SecretBytes words(40);
    w.random.fill(words);
    stage.secret("passphrase", words);
    return PassphraseKey(std::move(words), {KdfParams::kLeastMemory, KdfParams::kLeastPasses});
  };
  std::optional<Store> store;
  {
    PassphraseKey key = make();
    Store::create(folder / "store.ano", key, w.options()).close();
    store.emplace(Store::open(folder / "store.ano", key, w.options()));
  }
  stage.check("while the store is open");
  {
    PassphraseKey key = make();
    store->change_key(store->opened_slot(), key);
  }
  store->close();
  stage.check("after a change of the passphrase");
  {
    PassphraseKey wrong = make();
    try {
      static_cast<void>(Store::open(folder / "store.ano", wrong, w.options()));
    } catch (const Error&) {  // wrong_key
    }
  }
  stage.check("after a wrong passphrase");
}

void recovery_key(const Stage& stage) {
  TracelessRandom random;
  {
    RecoveryKey key = RecoveryKey::generate(random);
    const SecretBytes bytes = key.secret();
    stage.secret("recovery key", bytes);
    const SecretBytes text = key.text();
    stage.secret("recovery key's text", text);
    static_cast<void>(RecoveryKey::parse(as_text(text)));
  }
  stage.check("after the recovery key's end");
}

__attribute__((noinline)) void leave_on_stack(const Bytes& secret) {
  volatile std::uint8_t deep[8'192];  // the copy lies at its far end, where no later call comes
  for (std::size_t i = 0; i < 32; ++i) deep[i] = secret[i];
  static_cast<void>(deep[0]);
}

Bytes planted_secret() {
  TracelessRandom random;
  Bytes secret(48);
  random.fill(secret);
  return secret;
}

void leak_in_freed_block(const Stage& stage) {
  {
    const Bytes secret = planted_secret();  // an ordinary vector does not wipe
    stage.secret("planted secret", secret);
  }
  stage.check("at the end");
}

void leak_on_stack(const Stage& stage) {
  Bytes secret = planted_secret();
  stage.secret("planted secret", ByteView(secret).first(32));
  leave_on_stack(secret);
  wipe(secret);
  stage.check("at the end");
}

}  // namespace

std::vector<Operation> operations() {
  return {{"encrypt", encrypt},
          {"decrypt", decrypt},
          {"refused message", refused},
          {"ratchet step", ratchet_step},
          {"skipped key", skipped_key},
          {"end of a session", end_of_session},
          {"saved session", saved_session},
          {"used prekeys", used_prekeys},
          {"identity", identity},
          {"exported secret", exported_secret},
          {"raw store key", raw_store_key},
          {"passphrase", passphrase},
          {"recovery key", recovery_key},
          {"planted: freed block", leak_in_freed_block, true},
          {"planted: old stack frame", leak_on_stack, true}};
}

}  // namespace anochat::zeroisation
