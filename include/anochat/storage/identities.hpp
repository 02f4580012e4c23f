// anochat/storage/identities.hpp - the public identity of each device, our own private one, and trust.
#pragma once

#include <anochat/storage/repository.hpp>
#include <anochat/storage/types.hpp>
#include <optional>
#include <vector>

namespace anochat::storage {

enum class Trust : std::uint8_t {
  tofu = 0,      ///< seen first, believed since
  verified = 1,  ///< the user compared the safety number
  changed = 2,   ///< differs from the one known before: no sending until the user accepts it
  blocked = 3,
};

struct Identity {
  Address address;
  Bytes public_key;
  Trust trust = Trust::tofu;
  UnixTime first_seen;
  std::optional<UnixTime> changed;
};

enum class Observed : std::uint8_t { first, known, changed };

class Identities : public Repository {
 public:
  using Repository::Repository;

  [[nodiscard]] std::optional<Identity> find(const Address& address) const;
  [[nodiscard]] std::vector<Identity> of_account(const AccountId& account) const;

  /// Compares a device's identity with the one known. A first one is kept as tofu; another one replaces it as `changed`
  /// (a blocked device stays blocked).
  Observed observe(const Address& address, ByteView public_key, UnixTime now);
  /// @throws Error{Errc::not_found}
  void set_trust(const Address& address, Trust trust);
  bool remove(const Address& address);

  /// This device.
  [[nodiscard]] std::optional<Identity> self() const;
  [[nodiscard]] std::optional<SecretBytes> self_private_key() const;
  /// @throws Error{Errc::already_exists}  the store has its device already
  void set_self(const Address& address, ByteView public_key, ByteView private_key, UnixTime now);
};

}  // namespace anochat::storage
