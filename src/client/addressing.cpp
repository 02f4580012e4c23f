#include "client/addressing.hpp"

#include <algorithm>

#include "crypto/blake2.hpp"

namespace anochat::client {

MailboxId mailbox_of(const Address& address) noexcept {
  return {crypto::Hasher().add_lp("AnoChat/1/mailbox").add(address.encode()).finish()};
}

ByteArray<32> blob_hash(ByteView blob) noexcept { return crypto::Hasher().add(blob).finish(); }

ByteArray<32> failure_name(const ByteArray<32>& hash, const EnvelopeId& id) noexcept {
  ByteArray<32> name = hash;
  std::copy(id.bytes.begin(), id.bytes.end(), name.begin());
  return name;
}

ByteArray<16> envelope_id_of(const ByteArray<32>& hash) noexcept {
  ByteArray<16> id;
  std::copy_n(hash.begin(), id.size(), id.begin());
  return id;
}

}  // namespace anochat::client
