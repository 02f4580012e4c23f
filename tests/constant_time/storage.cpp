// The store's keys and pages, and the recovery key on paper. A passphrase's Argon2id is left out: from its second half
// on it reads memory where the secret says, as RFC 9106 wants it.
#include <anochat/storage/recovery_key.hpp>
#include <anochat/testing/random.hpp>

#include "harness.hpp"
#include "storage/crockford.hpp"
#include "storage/key_chain.hpp"
#include "storage/key_slot.hpp"
#include "storage/page_seal.hpp"

namespace anochat::constant_time {
namespace {

using namespace storage;

void unlock(KeyProvider& key, bool leak) {
  testing::SeededRandom random(1);
  DataKey data_key;
  random.fill(data_key.expose_mutable());
  const StoreId store{1, 2, 3};
  const KeySlot slot = seal_key_slot(1, store, data_key.expose(), key, random, UnixTime{});
  SecretBytes secret = key.secret();
  make_secret(secret);
  static_cast<void>(open_key_slot(slot, store, secret));
  if (leak) leak_by_branch(secret);
}

void unlock_raw(bool leak) {
  RawKey key{StoreKey()};
  unlock(key, leak);
}

void unlock_recovery(bool leak) {
  testing::SeededRandom random(2);
  RecoveryKey key = RecoveryKey::generate(random);
  unlock(key, leak);
}

void derive_subkeys(bool leak) {
  DataKey key;
  make_secret(key);
  const KeyChain chain(key);
  static_cast<void>(chain.subkey(Subkey::main_page));
  if (leak) leak_by_table(chain.subkey(Subkey::wal_frame));
  make_public(MutableByteView(key.expose_mutable()));
}

void page(Cipher cipher, bool leak) {
  testing::SeededRandom random(3);
  NonceSource nonces(random);
  ByteArray<32> key{};
  key.fill(7);
  const PageSeal seal(cipher, key);
  Bytes plain(4'096 - seal.reserve(), 'p');
  Bytes sealed(4'096), opened(plain.size());
  make_secret(key);
  make_secret(plain);
  seal.seal({storage::Role::main, 1}, plain, sealed, nonces);
  make_public(sealed);
  static_cast<void>(seal.open({storage::Role::main, 1}, sealed, opened));
  static_cast<void>(seal.open({storage::Role::main, 2}, sealed, opened));
  if (leak) leak_by_branch(key);
}

void page_aegis(bool leak) { page(Cipher::aegis256, leak); }
void page_xchacha(bool leak) { page(Cipher::xchacha20, leak); }

class SecretRandom final : public Random {
 public:
  void fill(MutableByteView out) override {
    inner_.fill(out);
    make_secret(out);
  }

 private:
  testing::SeededRandom inner_{4};
};

void recovery_key_text(bool leak) {
  SecretRandom random;
  const RecoveryKey key = RecoveryKey::generate(random);
  const SecretBytes text = key.text();
  if (leak) leak_by_table(text);
}

// Spaces and hyphens show where letters are, and a letter that is none ends the reading; the letters themselves do not
// show.
void recovery_key_letter(bool leak) {
  Bytes letters{'7', 'k', 'Q', 'o', 'I'};
  make_secret(letters);
  std::uint32_t all = 0;
  for (const std::uint8_t letter : letters) all += storage::detail::crockford_bits(static_cast<char>(letter));
  make_public_value(all);
  if (leak) leak_by_table(letters);
}

}  // namespace

std::vector<Harness> storage_harnesses() {
  return {{"store unlock, raw key", unlock_raw},
          {"store unlock, recovery key", unlock_recovery},
          {"store subkeys", derive_subkeys},
          {"page, AEGIS-256", page_aegis},
          {"page, XChaCha20-Poly1305", page_xchacha},
          {"recovery key to text", recovery_key_text},
          {"recovery key from a letter", recovery_key_letter}};
}

}  // namespace anochat::constant_time
