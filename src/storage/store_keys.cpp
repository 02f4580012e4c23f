// The key slots of a store: Store::add_key, change_key, remove_key, and keys derived for others.

#include <anochat/base/error.hpp>
#include <anochat/storage/store.hpp>
#include <algorithm>

#include "storage/store_state.hpp"

namespace anochat::storage {
namespace {

EncryptedDatabase& file_of(detail::StoreState& state) {
  EncryptedDatabase* file = state.source->encrypted();
  if (file == nullptr) throw Error(Errc::wrong_state, "store.keys");
  return *file;
}

}  // namespace

std::uint32_t Store::add_key(KeyProvider& key) { return file_of(state()).add_key(key); }
void Store::change_key(std::uint32_t slot, KeyProvider& key) { file_of(state()).change_key(slot, key); }
void Store::remove_key(std::uint32_t slot) { file_of(state()).remove_key(slot); }
std::uint32_t Store::opened_slot() const { return file_of(state()).opened_slot(); }

StoredKey Store::derive_key(std::string_view purpose, std::uint64_t number) const {
  const auto key = file_of(state()).derive_key(purpose, number);
  StoredKey out;
  std::ranges::copy(key.expose(), out.expose_mutable().begin());
  return out;
}

}  // namespace anochat::storage
