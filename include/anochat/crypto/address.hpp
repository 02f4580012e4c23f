// anochat/crypto/address.hpp - the name of an account or of one of its devices.
#pragma once

#include <anochat/base/bytes.hpp>

#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace anochat {

using AccountId = ByteArray<32>;  ///< hash of the account's public key; see account_id() in identity.hpp

inline constexpr std::uint32_t kMaxDevice = 0x7fff'ffff;  ///< the highest device number; the lowest is 1

/// An account and a device of it. An address is derived from a key, so nobody can take somebody else's.
///
/// `device` is 0 where the whole account is meant; only the text forms know such an address.
struct Address {
  static constexpr std::size_t kEncodedLen = 36;  ///< bytes

  AccountId account{};
  std::uint32_t device = 0;

  /// The bytes that signatures cover: account id, then the device number in big-endian order.
  [[nodiscard]] ByteArray<kEncodedLen> encode() const noexcept;

  /// @throws Error{Errc::bad_address}  not kEncodedLen bytes, or a device number that is not 1 to kMaxDevice
  [[nodiscard]] static Address decode(ByteView encoded);

  /// `ano1`, 56 letters and, for a device, `.` and its number: 60 to 71 characters.
  /// @throws Error{Errc::invalid_argument}  the device number is above kMaxDevice
  /// @source docs/protocol.md, section 2, "Address as text"
  [[nodiscard]] std::string text() const;

  /// Reads the text form, in lower or upper case; nothing around it is allowed.
  ///
  /// The 24-bit checksum covers account and device number: a text with any typing mistakes that is still well formed
  /// is taken for an address with probability 2^-24.
  ///
  /// @throws Error{Errc::bad_address}  wrong length, letter, number or checksum
  [[nodiscard]] static Address parse(std::string_view text);

  auto operator<=>(const Address&) const = default;
};

/// The text of the account, without a device.
[[nodiscard]] std::string account_text(const AccountId& account);

}  // namespace anochat
