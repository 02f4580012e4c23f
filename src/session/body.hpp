// session/body.hpp - what lies inside a message's body: content, symbols of the PQ agreement, filling.
#pragma once

#include <anochat/base/bytes.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "session/erasure_code.hpp"
#include "session/wire.hpp"

namespace anochat::session {

/// How a body is divided (docs/protocol.md, section 7, "How many symbols a sender adds").
struct BodyPlan {
  std::size_t body_len = 0;          ///< bytes, a padded size
  std::uint8_t symbol_count = 0;
  std::uint16_t first_symbol = 0;
};

/// Where a sender stands in its payload.
struct SymbolOffer {
  std::size_t payload_symbols = 0;  ///< k; 0 when there is no payload to send
  std::uint32_t next_index = 0;     ///< i
};

[[nodiscard]] BodyPlan plan_body(std::size_t content_len, const SymbolOffer& offer, std::uint32_t n) noexcept;

/// Lays out everything but the symbols' bytes in body[0..plan.body_len] and returns where those go.
MutableByteView write_body(ByteView content, const BodyPlan& plan, MutableByteView body) noexcept;

/// An opened body. Views into it.
struct BodyView {
  ByteView content;
  std::uint32_t first_symbol;
  ByteView symbols;  ///< a multiple of kSymbolLen

  [[nodiscard]] std::size_t symbol_count() const noexcept { return symbols.size() / kSymbolLen; }
};

/// @return nothing when the lengths do not fit, the filling is not zero or an index is out of range
[[nodiscard]] std::optional<BodyView> parse_body(ByteView body) noexcept;

}  // namespace anochat::session
