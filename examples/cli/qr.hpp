// qr.hpp - a QR code drawn with characters.
#pragma once

#include <string>
#include <string_view>

namespace cli {

/// Two modules to a character cell, with the quiet zone, dark on light whatever the terminal's colours are when
/// `with_colours`. Without, half blocks are drawn so that the code reads on a dark terminal; scanners accept both.
/// @return lines, each with its line end
/// @throws Failure  the text is too long for a code
[[nodiscard]] std::string draw_qr(std::string_view text, bool with_colours);

}  // namespace cli
