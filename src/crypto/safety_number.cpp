#include <anochat/crypto/safety_number.hpp>

#include "base/sodium_ready.hpp"
#include "crypto/base32.hpp"
#include "crypto/blake2.hpp"

#include <algorithm>

namespace anochat {
namespace {

constexpr std::string_view kScanPrefix = "ANOCHAT1:";
constexpr int kRounds = 5'200;         // makes a search for a key with look-alike digits dearer
constexpr std::size_t kHalfScan = 32;  // bytes of each side in the scannable form
constexpr std::size_t kGroupDigits = 5;
constexpr std::size_t kLineGroups = 4;

ByteArray<64> fingerprint(const ByteArray<32>& account_key) {
  ByteArray<64> hash = crypto::Blake2b<64>().add_lp("AnoChat/1/safety-number").add(account_key).finish();
  for (int round = 0; round < kRounds; ++round) hash = crypto::Blake2b<64>().add(hash).add(account_key).finish();
  return hash;
}

std::string half_digits(const ByteArray<64>& hash) {
  std::string out;
  for (std::size_t group = 0; group < 6; ++group) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < 5; ++i) value = value << 8 | hash[5 * group + i];
    const std::string digits = std::to_string(value % 100'000);
    out.append(kGroupDigits - digits.size(), '0').append(digits);
  }
  return out;
}

}  // namespace

SafetyNumber SafetyNumber::between(const ByteArray<32>& own_account_key, const ByteArray<32>& peer_account_key) {
  detail::require_sodium("safety_number");
  SafetyNumber number;
  number.own_ = fingerprint(own_account_key);
  number.peer_ = fingerprint(peer_account_key);
  return number;
}

std::string SafetyNumber::digits() const {
  const std::string own = half_digits(own_);
  const std::string peer = half_digits(peer_);
  return own < peer ? own + peer : peer + own;
}

std::string SafetyNumber::display() const {
  const std::string all = digits();
  std::string out;
  for (std::size_t group = 0; group * kGroupDigits < all.size(); ++group) {
    if (group > 0) out.push_back(group % kLineGroups == 0 ? '\n' : ' ');
    out.append(all, group * kGroupDigits, kGroupDigits);
  }
  return out;
}

std::string SafetyNumber::scannable() const {
  ByteArray<2 * kHalfScan> halves;
  std::copy_n(peer_.begin(), kHalfScan, std::copy_n(own_.begin(), kHalfScan, halves.begin()));
  return std::string(kScanPrefix) + crypto::to_base32(halves, crypto::LetterCase::upper);
}

SafetyNumber::ScanResult SafetyNumber::compare(std::string_view scanned) const {
  const std::string own_code = scannable();
  if (scanned.size() != own_code.size() || !scanned.starts_with(kScanPrefix) ||
      std::any_of(scanned.begin(), scanned.end(), [](char letter) { return letter >= 'a' && letter <= 'z'; }) ||
      !crypto::from_base32(scanned.substr(kScanPrefix.size()))) {
    return ScanResult::not_a_code;
  }
  SafetyNumber other;  // as the other side must have it
  other.own_ = peer_;
  other.peer_ = own_;
  if (scanned == other.scannable()) return ScanResult::match;
  return scanned == own_code ? ScanResult::own_code : ScanResult::mismatch;
}

}  // namespace anochat
