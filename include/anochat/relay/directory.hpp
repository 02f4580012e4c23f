// anochat/relay/directory.hpp - exact handles of accounts that chose to have one.
#pragma once

#include <anochat/base/bytes.hpp>

#include <cstddef>
#include <optional>

namespace anochat {

/// Finds an account by its handle, for accounts that asked for it. The directory gets hashes only, made by clients; it
/// answers exact questions and has no way to list or to search.
///
/// @throws Error  as RelayStore, when the place behind it fails
class Directory {
 public:
  using Key = ByteArray<32>;

  virtual ~Directory() = default;
  /// @param most  handles that one account may have
  /// @return false: it is somebody else's, or the account has `most` others
  virtual bool claim_handle(const Key& handle_hash, const Key& account, std::size_t most) = 0;
  [[nodiscard]] virtual std::optional<Key> find_handle(const Key& handle_hash) = 0;
  /// @return false: the account does not have it
  virtual bool release_handle(const Key& handle_hash, const Key& account) = 0;
};

}  // namespace anochat
