#include "storage/key_chain.hpp"

#include <algorithm>
#include <sodium.h>

namespace anochat::storage {

KeyChain::KeyChain(const DataKey& data_key) {
  const MutableByteView all = slot_.expose();
  std::copy(data_key.expose().begin(), data_key.expose().end(), all.begin());
  for (std::size_t id = 1; id < kCount; ++id) {
    crypto_kdf_derive_from_key(all.subspan(id * 32, 32).data(), 32, id, "AnoStore", all.data());
  }
}

}  // namespace anochat::storage
