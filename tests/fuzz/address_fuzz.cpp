// Texts that people type and cameras read: addresses and safety codes.
#include <anochat/crypto/address.hpp>
#include <anochat/crypto/safety_number.hpp>

#include "fuzz/fuzz.hpp"

using namespace anochat;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView input(data, size);
  const std::string_view text = as_text(input);

  Address address;
  if (fuzz::accepts({Errc::bad_address}, [&] { address = Address::parse(text); })) {
    std::string lower(text);
    for (char& letter : lower) {
      if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
    }
    fuzz::require(address.text() == lower, "an address has one spelling, apart from the case");
  }
  if (fuzz::accepts({Errc::bad_address}, [&] { address = Address::decode(input); })) {
    const auto again = address.encode();
    fuzz::require(Bytes(again.begin(), again.end()) == Bytes(input.begin(), input.end()),
                  "an address encodes as it was");
    fuzz::require(Address::parse(address.text()) == address, "an address's text reads back");
  }

  static const SafetyNumber number = SafetyNumber::between({1}, {2});
  static const std::string match = SafetyNumber::between({2}, {1}).scannable();
  fuzz::require((number.compare(text) == SafetyNumber::ScanResult::match) == (text == match), "one code matches");
  return 0;
}
