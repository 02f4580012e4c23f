// anochat/crypto/safety_number.hpp - what two people compare to be sure that nobody sits between them.
#pragma once

#include <anochat/base/bytes.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace anochat {

/// The number of two accounts. Both sides see the same digits; it does not change with their devices.
///
/// To make an account whose thirty digits are those of another takes about 2^99 times 5,201 hashes.
class SafetyNumber {
 public:
  enum class ScanResult : std::uint8_t {
    match,       ///< the other side sees the same two account keys
    mismatch,    ///< a safety code, but of other keys: somebody may sit between
    own_code,    ///< the code that this very side shows; the other side's is the one to scan
    not_a_code,  ///< no safety code of this version
  };

  /// Takes about 2 ms.
  [[nodiscard]] static SafetyNumber between(const ByteArray<32>& own_account_key,
                                            const ByteArray<32>& peer_account_key);

  /// 60 digits without spaces.
  [[nodiscard]] std::string digits() const;

  /// For people: twelve groups of five digits, in three lines of four groups.
  [[nodiscard]] std::string display() const;

  /// For a QR code: 112 characters, all of which its alphanumeric mode knows.
  [[nodiscard]] std::string scannable() const;

  /// Compares what was scanned from the other side's screen with what should be there.
  [[nodiscard]] ScanResult compare(std::string_view scanned) const;

  bool operator==(const SafetyNumber&) const = default;

 private:
  SafetyNumber() = default;

  ByteArray<64> own_{};
  ByteArray<64> peer_{};
};

}  // namespace anochat
