#include <anochat/crypto/address.hpp>

#include "support/check.hpp"

#include <doctest/doctest.h>

#include <cctype>
#include <string>

using namespace anochat;

namespace {

AccountId counting_id() {
  AccountId id;
  for (std::size_t i = 0; i < id.size(); ++i) id[i] = static_cast<std::uint8_t>(i);
  return id;
}

// Made with Python's hashlib and base64 from docs/protocol.md.
constexpr std::string_view kAccount = "ano1aaaqeayeaudaocajbifqydiob4ibceqtcqkrmfyydenbwha5dyp3ejjj";
constexpr std::string_view kDevice1 = "ano1aaaqeayeaudaocajbifqydiob4ibceqtcqkrmfyydenbwha5dypqlqp7.1";
constexpr std::string_view kDevice7 = "ano1aaaqeayeaudaocajbifqydiob4ibceqtcqkrmfyydenbwha5dyp3voph.7";
constexpr std::string_view kDeviceMax = "ano1aaaqeayeaudaocajbifqydiob4ibceqtcqkrmfyydenbwha5dyp3lgm3.2147483647";
constexpr std::string_view kAlphabet = "abcdefghijklmnopqrstuvwxyz234567";

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& letter : out) letter = static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
  return out;
}

}  // namespace

TEST_CASE("an address is its account id and its big-endian device number") {
  const Address address{counting_id(), 0x01020304};
  const auto encoded = address.encode();
  CHECK(to_hex(encoded) == "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f01020304");
  CHECK(Address::decode(encoded) == address);
}

TEST_CASE("an encoded address of another length or with an impossible device number is refused") {
  const auto encode = [](std::uint32_t device) { return Address{counting_id(), device}.encode(); };
  CHECK(Address::decode(encode(1)).device == 1);
  CHECK(Address::decode(encode(kMaxDevice)).device == kMaxDevice);
  for (const std::uint32_t device : {0U, kMaxDevice + 1, 0xffff'ffffU}) {
    CHECK_ERROR(Address::decode(encode(device)), Errc::bad_address);
  }
  Bytes bytes(37, 1);
  CHECK_ERROR(Address::decode(bytes), Errc::bad_address);
  CHECK_ERROR(Address::decode(ByteView(bytes).first(35)), Errc::bad_address);
  CHECK_ERROR(Address::decode({}), Errc::bad_address);
}

TEST_CASE("the text of an address is the one in the protocol") {
  CHECK(account_text(counting_id()) == kAccount);
  CHECK(Address{counting_id(), 0}.text() == kAccount);
  CHECK(Address{counting_id(), 1}.text() == kDevice1);
  CHECK(Address{counting_id(), 7}.text() == kDevice7);
  CHECK(Address{counting_id(), kMaxDevice}.text() == kDeviceMax);
  CHECK_ERROR((Address{counting_id(), kMaxDevice + 1}.text()), Errc::invalid_argument);
}

TEST_CASE("the text of an address reads back, in either case") {
  CHECK(Address::parse(kAccount) == Address{counting_id(), 0});
  CHECK(Address::parse(kDevice1) == Address{counting_id(), 1});
  CHECK(Address::parse(kDeviceMax) == Address{counting_id(), kMaxDevice});
  CHECK(Address::parse(upper(kDevice7)) == Address{counting_id(), 7});
  CHECK(Address::parse("AnO1" + std::string(kDevice7.substr(4))) == Address{counting_id(), 7});
}

// The checksum has 24 bits: of all wrong texts one in 2^24 passes, and no kind of mistake is caught for certain. These
// are all mistakes of one letter in one address; that none passes here is what that probability leads one to expect.
TEST_CASE("every mistake of one letter is refused") {
  std::size_t tried = 0;
  for (const std::string_view good : {kAccount, kDevice7, kDeviceMax}) {
    const auto refuse = [&](const std::string& text) {
      if (text == good) return;
      ++tried;
      CHECK_ERROR(Address::parse(text), Errc::bad_address);
    };
    for (std::size_t at = 0; at < good.size(); ++at) {
      const std::string text(good);
      for (const char letter : std::string(kAlphabet) + "0189.-_ \t\n=+/") {
        std::string other = text;
        other[at] = letter;
        refuse(other);
        refuse(text.substr(0, at) + letter + text.substr(at));
      }
      refuse(text.substr(0, at) + text.substr(at + 1));
      std::string swapped = text;
      if (at + 1 < text.size()) std::swap(swapped[at], swapped[at + 1]);
      refuse(swapped);
    }
  }
  CHECK(tried > 15'000);
}

TEST_CASE("a text around or instead of an address is refused") {
  const std::string device = std::string(kDevice7);
  for (const std::string& text : {std::string(),
                                  std::string("ano1"),
                                  std::string("hello"),
                                  " " + device,
                                  device + " ",
                                  device + "\n",
                                  device + std::string(1, '\0'),
                                  device + ".7",
                                  device + ".",
                                  "ano2" + device.substr(4),
                                  "ano1" + device,
                                  device.substr(0, 60) + ".",
                                  device.substr(0, 60) + ".07",
                                  device.substr(0, 60) + ".+7",
                                  device.substr(0, 60) + ".-7",
                                  device.substr(0, 60) + ". 7",
                                  device.substr(0, 60) + ".0x7",
                                  device.substr(0, 60) + ".7.0",
                                  device.substr(0, 60) + ":7",
                                  device.substr(0, 60) + "7",
                                  device.substr(0, 60) + ".2147483648",
                                  device.substr(0, 60) + ".4294967303",
                                  device.substr(0, 60) + ".18446744073709551623",
                                  std::string(100'000, 'a'),
                                  "ano1" + std::string(56, '\xc3')}) {
    CHECK_ERROR(Address::parse(text), Errc::bad_address);
  }
}

TEST_CASE("the checksum covers the device number") {
  CHECK_ERROR(Address::parse(kDevice7.substr(0, 60)), Errc::bad_address);
  CHECK_ERROR(Address::parse(std::string(kDevice7.substr(0, 60)) + ".1"), Errc::bad_address);
  CHECK_ERROR(Address::parse(std::string(kAccount) + ".7"), Errc::bad_address);
  CHECK_ERROR(Address::parse(std::string(kAccount) + ".0"), Errc::bad_address);
}

TEST_CASE("addresses order by account, then by device") {
  AccountId higher = counting_id();
  higher[0] = 1;
  CHECK(Address{counting_id(), 2} < Address{counting_id(), 3});
  CHECK(Address{counting_id(), 3} < Address{higher, 2});
  CHECK(Address{counting_id(), 2} == Address{counting_id(), 2});
}
