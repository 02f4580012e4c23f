#include "qr.hpp"

#include "exit_code.hpp"

#include <qrcodegen/qrcodegen.hpp>

namespace cli {
namespace {

using qrcodegen::QrCode;

constexpr int kQuiet = 2;  // modules; the standard asks for 4, every scanner is content with 2, and 80 columns are few

QrCode encode(std::string_view text) {
  try {
    return QrCode::encodeText(std::string(text).c_str(), QrCode::Ecc::LOW);
  } catch (const qrcodegen::data_too_long&) {
    throw Failure(ExitCode::usage, "This is too long for a QR code.");
  }
}

/// The upper and lower half of a cell are both light modules, one of them, or none.
const char* cell(bool upper_is_light, bool lower_is_light) {
  if (upper_is_light) return lower_is_light ? "\u2588" : "\u2580";
  return lower_is_light ? "\u2584" : " ";
}

}  // namespace

std::string draw_qr(std::string_view text, bool with_colours) {
  const QrCode code = encode(text);
  const int end = code.getSize() + kQuiet;
  const auto is_light = [&code](int x, int y) { return !code.getModule(x, y); };  // outside, too
  std::string out;
  for (int y = -kQuiet; y < end; y += 2) {
    if (with_colours) out += "\x1b[97;40m";
    for (int x = -kQuiet; x < end; ++x) out += cell(is_light(x, y), y + 1 < end && is_light(x, y + 1));
    if (with_colours) out += "\x1b[0m";
    out += '\n';
  }
  return out;
}

}  // namespace cli
