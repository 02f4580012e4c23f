// The protobuf encoding, written by hand: what the tests compare the library's bytes with.
#pragma once

#include <anochat/base/bytes.hpp>

#include <cstdint>
#include <string_view>

namespace anochat::testing {

/// Puts fields one after the other, in any order and as often as asked.
class Wire {
 public:
  Wire& varint(std::uint32_t field, std::uint64_t value) { return number(field << 3).number(value); }
  Wire& bytes(std::uint32_t field, ByteView value) {
    number(field << 3 | 2).number(value.size());
    return raw(value);
  }
  Wire& text(std::uint32_t field, std::string_view value) { return bytes(field, as_bytes(value)); }
  Wire& message(std::uint32_t field, const Wire& value) { return bytes(field, value.out_); }
  Wire& begin_group(std::uint32_t field) { return number(field << 3 | 3); }
  Wire& end_group(std::uint32_t field) { return number(field << 3 | 4); }
  Wire& raw(ByteView value) {
    out_.insert(out_.end(), value.begin(), value.end());
    return *this;
  }
  Wire& number(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) out_.push_back(static_cast<std::uint8_t>(value | 0x80));
    out_.push_back(static_cast<std::uint8_t>(value));
    return *this;
  }

  [[nodiscard]] const Bytes& get() const noexcept { return out_; }

 private:
  Bytes out_;
};

}  // namespace anochat::testing
