// base/byte_io.hpp - writing and reading fixed big-endian layouts: docs/protocol.md, docs/storage-format.md.
#pragma once

#include <anochat/base/bytes.hpp>
#include <anochat/base/error.hpp>
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace anochat {

/// Writes an integer of any width to out[at ...], most significant byte first.
template <class Integer>
void store_be(MutableByteView out, std::size_t at, Integer value) noexcept {
  for (std::size_t i = sizeof(Integer); i > 0; --i) {
    out[at + i - 1] = static_cast<std::uint8_t>(value & 0xff);
    value = static_cast<Integer>(value >> 4 >> 4);  // two steps, so that one-byte integers may be shifted as well
  }
}

template <class Integer>
[[nodiscard]] Integer load_be(ByteView in, std::size_t at) noexcept {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < sizeof(Integer); ++i) value = value << 8 | in[at + i];
  return static_cast<Integer>(value);
}

}  // namespace anochat

namespace anochat::detail {

inline void put_be16(std::uint8_t* out, std::uint16_t value) noexcept { store_be({out, 2}, 0, value); }
inline void put_be32(std::uint8_t* out, std::uint32_t value) noexcept { store_be({out, 4}, 0, value); }
inline void put_be64(std::uint8_t* out, std::uint64_t value) noexcept { store_be({out, 8}, 0, value); }
[[nodiscard]] inline std::uint16_t get_be16(const std::uint8_t* in) noexcept { return load_be<std::uint16_t>({in, 2}, 0); }
[[nodiscard]] inline std::uint32_t get_be32(const std::uint8_t* in) noexcept { return load_be<std::uint32_t>({in, 4}, 0); }
[[nodiscard]] inline std::uint64_t get_be64(const std::uint8_t* in) noexcept { return load_be<std::uint64_t>({in, 8}, 0); }

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
