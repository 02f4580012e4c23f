// crypto/signed_text.hpp - what a signature covers: a label of its own, so that no signature fits another purpose.
#pragma once

#include <anochat/base/bytes.hpp>

#include "base/byte_io.hpp"

#include <initializer_list>
#include <string_view>

namespace anochat::crypto {

/// LP(label) || parts
[[nodiscard]] inline Bytes signed_text(std::string_view label, std::initializer_list<ByteView> parts) {
  Bytes text;
  text.reserve(1'536);  // the longest, a KEM prekey's, has 1,299 to 1,301 bytes
  detail::ByteWriter out(text);
  out.be32(static_cast<std::uint32_t>(label.size())).bytes(as_bytes(label));
  for (const ByteView part : parts) out.bytes(part);
  return text;
}

}  // namespace anochat::crypto
