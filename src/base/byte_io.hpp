// base/byte_io.hpp - writing and reading the fixed big-endian layouts of docs/protocol.md.
#pragma once

#include <anochat/base/bytes.hpp>
#include <anochat/base/error.hpp>
#include <algorithm>
#include <cstdint>
#include <span>
#include <string_view>

namespace anochat::detail {

inline void put_be16(std::uint8_t* out, std::uint16_t value) noexcept {
  out[0] = static_cast<std::uint8_t>(value >> 8);
  out[1] = static_cast<std::uint8_t>(value);
}
inline void put_be32(std::uint8_t* out, std::uint32_t value) noexcept {
  put_be16(out, static_cast<std::uint16_t>(value >> 16));
  put_be16(out + 2, static_cast<std::uint16_t>(value));
}
inline void put_be64(std::uint8_t* out, std::uint64_t value) noexcept {
  put_be32(out, static_cast<std::uint32_t>(value >> 32));
  put_be32(out + 4, static_cast<std::uint32_t>(value));
}
[[nodiscard]] inline std::uint16_t get_be16(const std::uint8_t* in) noexcept {
  return static_cast<std::uint16_t>(in[0] << 8 | in[1]);
}
[[nodiscard]] inline std::uint32_t get_be32(const std::uint8_t* in) noexcept {
  return static_cast<std::uint32_t>(get_be16(in)) << 16 | get_be16(in + 2);
}
[[nodiscard]] inline std::uint64_t get_be64(const std::uint8_t* in) noexcept {
  return static_cast<std::uint64_t>(get_be32(in)) << 32 | get_be32(in + 4);
}

/// Appends to a byte vector (Bytes or SecretBytes).
template <class Vector>
class ByteWriter {
 public:
  explicit ByteWriter(Vector& out) noexcept : out_(out) {}

  ByteWriter& u8(std::uint8_t value) {
    out_.push_back(value);
    return *this;
  }
  ByteWriter& be16(std::uint16_t value) {
    put_be16(grow(2), value);
    return *this;
  }
  ByteWriter& be32(std::uint32_t value) {
    put_be32(grow(4), value);
    return *this;
  }
  ByteWriter& be64(std::uint64_t value) {
    put_be64(grow(8), value);
    return *this;
  }
  ByteWriter& bytes(ByteView value) {
    out_.insert(out_.end(), value.begin(), value.end());
    return *this;
  }

 private:
  std::uint8_t* grow(std::size_t count) {
    out_.resize(out_.size() + count);
    return out_.data() + out_.size() - count;
  }
  Vector& out_;
};

/// Reads from a view; what is missing or left over throws the error it was made with.
class ByteReader {
 public:
  ByteReader(ByteView in, Errc on_error, std::string_view where) noexcept : in_(in), on_error_(on_error), where_(where) {}

  std::uint8_t u8() { return take(1)[0]; }
  std::uint16_t be16() { return get_be16(take(2).data()); }
  std::uint32_t be32() { return get_be32(take(4).data()); }
  std::uint64_t be64() { return get_be64(take(8).data()); }
  ByteView take(std::size_t count) {
    if (count > in_.size()) fail();
    const ByteView out = in_.first(count);
    in_ = in_.subspan(count);
    return out;
  }
  template <std::size_t N>
  ByteArray<N> array() {
    ByteArray<N> out;
    copy_to(out);
    return out;
  }
  void copy_to(MutableByteView out) {
    const ByteView from = take(out.size());
    std::copy(from.begin(), from.end(), out.begin());
  }
  [[nodiscard]] std::size_t left() const noexcept { return in_.size(); }
  void expect_end() const {
    if (!in_.empty()) fail();
  }
  void require(bool condition) const {
    if (!condition) fail();
  }

 private:
  [[noreturn]] void fail() const { throw Error(on_error_, where_); }
  ByteView in_;
  Errc on_error_;
  std::string_view where_;
};

}  // namespace anochat::detail
