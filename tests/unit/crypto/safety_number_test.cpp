#include <anochat/crypto/safety_number.hpp>

#include "forge.hpp"
#include "support/check.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cctype>

using namespace anochat;
using ScanResult = SafetyNumber::ScanResult;

namespace {

// Public keys of RFC 8032, section 7.1, tests 1 and 2; the expected values were made with Python's hashlib.
const ByteArray<32> kAlice = forge::array_of("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
const ByteArray<32> kBob = forge::array_of("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
const ByteArray<32> kMallory{7};
constexpr std::string_view kDigits = "652828181745779087950863046607916223111048893688162976368034";
constexpr std::string_view kScan =
    "ANOCHAT1:A7GUVIUGLY5LVEGGJURTGVV5JQ7CUOCQ7D2HH5RD4OLL5YICJVOREL5XPPRBLX5X3QM7GVQTDOZXJZDPLC52GOZWV2LCLK3ZLFH3VIA";

}  // namespace

TEST_CASE("the safety number is the one in the protocol, and the same for both sides") {
  const SafetyNumber alice = SafetyNumber::between(kAlice, kBob);
  const SafetyNumber bob = SafetyNumber::between(kBob, kAlice);
  CHECK(alice.digits() == kDigits);
  CHECK(bob.digits() == kDigits);
  CHECK(alice.scannable() == kScan);
  CHECK(bob.scannable() != kScan);
}

TEST_CASE("people see twelve groups of five digits in three lines") {
  CHECK(SafetyNumber::between(kAlice, kBob).display() ==
        "65282 81817 45779 08795\n08630 46607 91622 31110\n48893 68816 29763 68034");
}

TEST_CASE("another key gives another number") {
  const std::string other = SafetyNumber::between(kAlice, kMallory).digits();
  CHECK(other.size() == 60);
  CHECK(std::all_of(other.begin(), other.end(), [](unsigned char digit) { return std::isdigit(digit) != 0; }));
  CHECK(other != kDigits);
  CHECK(SafetyNumber::between(kAlice, kBob) != SafetyNumber::between(kAlice, kMallory));
}

TEST_CASE("what was scanned from the other side matches only when nobody is between") {
  const SafetyNumber alice = SafetyNumber::between(kAlice, kBob);
  const SafetyNumber bob = SafetyNumber::between(kBob, kAlice);
  CHECK(alice.compare(bob.scannable()) == ScanResult::match);
  CHECK(bob.compare(alice.scannable()) == ScanResult::match);
  CHECK(alice.compare(alice.scannable()) == ScanResult::own_code);
  CHECK(alice.compare(SafetyNumber::between(kBob, kMallory).scannable()) == ScanResult::mismatch);
  CHECK(alice.compare(SafetyNumber::between(kMallory, kAlice).scannable()) == ScanResult::mismatch);
  CHECK(alice.compare(SafetyNumber::between(kAlice, kMallory).scannable()) == ScanResult::mismatch);
}

TEST_CASE("every changed letter of a code is noticed") {
  const SafetyNumber alice = SafetyNumber::between(kAlice, kBob);
  const std::string good = SafetyNumber::between(kBob, kAlice).scannable();
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (const char letter : std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")) {
      std::string text = good;
      text[at] = letter;
      if (text != good) CHECK(alice.compare(text) != ScanResult::match);
    }
  }
}

TEST_CASE("what is no code is told apart from a wrong code") {
  const SafetyNumber alice = SafetyNumber::between(kAlice, kBob);
  const std::string good = SafetyNumber::between(kBob, kAlice).scannable();
  std::string lower = good;
  lower[20] = 'a';
  std::string last_lower = good;
  last_lower[20] = 'z';
  std::string newer = good;
  newer[7] = '2';
  std::string unused_bits = good;
  unused_bits.back() = unused_bits.back() == 'B' ? 'C' : 'B';
  for (const std::string& text :
       {std::string(), std::string("ANOCHAT1:"), std::string("https://example.org"), lower, last_lower, newer, unused_bits,
        good + "A", good.substr(0, good.size() - 1), good + "\n", " " + good, std::string(kDigits)}) {
    CHECK(alice.compare(text) == ScanResult::not_a_code);
  }
}
