// anochat/storage/contacts.hpp - accounts: consent, profile, and their signed device lists.
#pragma once

#include <anochat/storage/repository.hpp>
#include <anochat/storage/types.hpp>
#include <optional>
#include <string_view>
#include <vector>

namespace anochat::storage {

/// Whether the user lets this account in.
enum class Consent : std::uint8_t { unknown = 0, allowed = 1, denied = 2 };

struct Contact {
  AccountId account{};
  Consent consent = Consent::unknown;
  std::string name;        ///< what the account calls itself
  std::string local_name;  ///< what the user calls it
  std::optional<Bytes> avatar;
  std::optional<UnixTime> profile_updated;
  UnixTime created;
};

struct DeviceList {
  std::int64_t version = 0;  ///< from 1, signed, only grows
  Bytes signed_list;
  UnixTime received;  ///< or, if that was later, when it was last seen to be the newest
};

class Contacts : public Repository {
 public:
  using Repository::Repository;

  [[nodiscard]] std::optional<Contact> find(const AccountId& account) const;
  [[nodiscard]] Consent consent(const AccountId& account) const;  ///< unknown for an account never seen
  /// Sorted by name, then account; at most 1,000 after `after`.
  [[nodiscard]] std::vector<Contact> list(std::optional<Consent> consent = {}, int limit = 1'000) const;

  /// Makes the account known; keeps everything when it already is.
  void add(const AccountId& account, UnixTime now);
  void set_consent(const AccountId& account, Consent consent, UnixTime now);
  /// @return false when a newer profile is known; nothing was changed then
  bool set_profile(const AccountId& account, std::string_view name, const std::optional<Bytes>& avatar, UnixTime at);
  void set_local_name(const AccountId& account, std::string_view name, UnixTime now);
  bool remove(const AccountId& account);

  [[nodiscard]] std::optional<DeviceList> device_list(const AccountId& account) const;
  /// @return false when exactly this list is known already
  /// @throws Error{Errc::stale_device_list}  an older version, or another list with the same number
  bool set_device_list(const AccountId& account, std::int64_t version, ByteView signed_list, UnixTime now);
  /// There is no newer one now. Without a list nothing happens.
  void note_list_checked(const AccountId& account, UnixTime now);
};

}  // namespace anochat::storage
