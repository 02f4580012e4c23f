#include <anochat/base/error.hpp>
#include <anochat/crypto/address.hpp>

#include "base/byte_io.hpp"
#include "crypto/base32.hpp"
#include "crypto/blake2.hpp"

#include <algorithm>
#include <charconv>

namespace anochat {
namespace {

constexpr std::string_view kPrefix = "ano1";
constexpr std::size_t kChecksumLen = 3;  // bytes
constexpr std::size_t kLetters = 56;     // base32 of an account id and a checksum: 280 bits, none unused

ByteArray<kChecksumLen> checksum(const Address& address) noexcept {
  const crypto::Hash hash =
      crypto::Hasher().add_lp("AnoChat/1/address").add(address.account).add_be32(address.device).finish();
  return {hash[0], hash[1], hash[2]};
}

[[noreturn]] void refuse() { throw Error(Errc::bad_address, "address.parse"); }

bool is_prefix(std::string_view text) {
  return std::equal(text.begin(), text.end(), kPrefix.begin(), kPrefix.end(), [](char is, char want) {
    return is == want || (is >= 'A' && is <= 'Z' && is - 'A' + 'a' == want);
  });
}

// `.` and a number from 1 to kMaxDevice, as people and programs write it: no sign, no leading zero.
std::uint32_t parse_device(std::string_view text) {
  if (text.size() < 2 || text[0] != '.' || text[1] < '1' || text[1] > '9') refuse();
  std::uint32_t device = 0;
  const auto [end, failure] = std::from_chars(text.data() + 1, text.data() + text.size(), device);
  if (failure != std::errc() || end != text.data() + text.size() || device > kMaxDevice) refuse();
  return device;
}

}  // namespace

ByteArray<Address::kEncodedLen> Address::encode() const noexcept {
  ByteArray<kEncodedLen> out;
  std::copy(account.begin(), account.end(), out.begin());
  detail::put_be32(&out[32], device);
  return out;
}

Address Address::decode(ByteView encoded) {
  detail::ByteReader in(encoded, Errc::bad_address, "address.decode");
  Address address;
  in.copy_to(address.account);
  address.device = in.be32();
  in.expect_end();
  in.require(address.device >= 1 && address.device <= kMaxDevice);
  return address;
}

std::string Address::text() const {
  if (device > kMaxDevice) throw Error(Errc::invalid_argument, "address.text");
  ByteArray<32 + kChecksumLen> bytes;
  const ByteArray<kChecksumLen> check = checksum(*this);
  std::copy(check.begin(), check.end(), std::copy(account.begin(), account.end(), bytes.begin()));
  std::string out(kPrefix);
  out += crypto::to_base32(bytes, crypto::LetterCase::lower);
  if (device != 0) out.append(1, '.').append(std::to_string(device));
  return out;
}

Address Address::parse(std::string_view text) {
  if (text.size() < kPrefix.size() + kLetters || !is_prefix(text.substr(0, kPrefix.size()))) refuse();
  const std::optional<Bytes> bytes = crypto::from_base32(text.substr(kPrefix.size(), kLetters));
  if (!bytes) refuse();
  Address address;
  std::copy_n(bytes->begin(), address.account.size(), address.account.begin());
  if (text.size() > kPrefix.size() + kLetters) address.device = parse_device(text.substr(kPrefix.size() + kLetters));
  const ByteArray<kChecksumLen> check = checksum(address);
  if (!std::equal(check.begin(), check.end(), bytes->begin() + 32)) refuse();
  return address;
}

std::string account_text(const AccountId& account) { return Address{account, 0}.text(); }

}  // namespace anochat
