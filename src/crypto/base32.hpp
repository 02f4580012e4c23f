// crypto/base32.hpp - RFC 4648 base32 without padding, for texts that people read and cameras scan.
#pragma once

#include <anochat/base/bytes.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace anochat::crypto {

enum class LetterCase : std::uint8_t { lower, upper };

[[nodiscard]] std::string to_base32(ByteView bytes, LetterCase letters);

/// Reads letters of either case. @return nothing for another character, an impossible length, or unused bits that are
/// not zero: every byte string has one spelling, apart from the case
[[nodiscard]] std::optional<Bytes> from_base32(std::string_view text);

}  // namespace anochat::crypto
