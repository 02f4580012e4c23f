// anochat/base/bytes.hpp - byte strings, views and their text forms.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace anochat {

using Bytes = std::vector<std::uint8_t>;               ///< owned bytes that are not secret
using ByteView = std::span<const std::uint8_t>;        ///< borrowed bytes, valid for the duration of the call
using MutableByteView = std::span<std::uint8_t>;       ///< the caller's buffer
template <std::size_t N>
using ByteArray = std::array<std::uint8_t, N>;         ///< exactly N bytes that are not secret

/// The bytes of a text, without its terminator. The view lives as long as the text.
[[nodiscard]] inline ByteView as_bytes(std::string_view text) noexcept {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

/// The text that a byte string spells; no encoding is checked.
[[nodiscard]] inline std::string_view as_text(ByteView bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

[[nodiscard]] inline Bytes to_bytes(std::string_view text) { return {text.begin(), text.end()}; }

/// Whether two byte strings are equal. Takes time that depends on the lengths only, never on the contents.
[[nodiscard]] bool equal_ct(ByteView a, ByteView b) noexcept;

/// Overwrites bytes in a way the compiler may not remove.
void wipe(MutableByteView bytes) noexcept;

/// Lower-case hexadecimal, two digits a byte. Constant time in the contents.
[[nodiscard]] std::string to_hex(ByteView bytes);

/// Reads hexadecimal of either case; nothing else is allowed between the digits.
/// @return the bytes, or nothing when the text is not an even number of hexadecimal digits
[[nodiscard]] std::optional<Bytes> from_hex(std::string_view text);

}  // namespace anochat
