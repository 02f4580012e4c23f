// crypto/blake2.hpp - the hash and the key derivation of docs/protocol.md, section 1.
#pragma once

#include <anochat/base/bytes.hpp>
#include <anochat/base/secret.hpp>
#include <sodium.h>
#include <cstdint>
#include <span>
#include <string_view>

namespace anochat::crypto {

using Hash = ByteArray<32>;

/// Incremental BLAKE2b, with the length-prefixed and integer forms that transcripts are made of. N bytes of output.
template <std::size_t N>
class Blake2b {
 public:
  Blake2b() noexcept { crypto_generichash_init(&state_, nullptr, 0, N); }
  explicit Blake2b(std::span<const std::uint8_t, 32> key) noexcept { crypto_generichash_init(&state_, key.data(), key.size(), N); }
  Blake2b(const Blake2b&) = delete;
  Blake2b& operator=(const Blake2b&) = delete;
  ~Blake2b() { sodium_memzero(&state_, sizeof state_); }

  Blake2b& add(ByteView bytes) noexcept {
    crypto_generichash_update(&state_, bytes.data(), bytes.size());
    return *this;
  }
  Blake2b& add(std::string_view text) noexcept { return add(as_bytes(text)); }
  Blake2b& add_u8(std::uint8_t value) noexcept { return add(ByteView(&value, 1)); }
  Blake2b& add_be32(std::uint32_t value) noexcept {
    const ByteArray<4> bytes{static_cast<std::uint8_t>(value >> 24), static_cast<std::uint8_t>(value >> 16),
                             static_cast<std::uint8_t>(value >> 8), static_cast<std::uint8_t>(value)};
    return add(bytes);
  }
  Blake2b& add_be64(std::uint64_t value) noexcept {
    return add_be32(static_cast<std::uint32_t>(value >> 32)).add_be32(static_cast<std::uint32_t>(value));
  }
  Blake2b& add_lp(ByteView bytes) noexcept { return add_be32(static_cast<std::uint32_t>(bytes.size())).add(bytes); }
  Blake2b& add_lp(std::string_view text) noexcept { return add_lp(as_bytes(text)); }

  void finish(std::span<std::uint8_t, N> out) noexcept { crypto_generichash_final(&state_, out.data(), N); }
  [[nodiscard]] ByteArray<N> finish() noexcept {
    ByteArray<N> out;
    finish(std::span<std::uint8_t, N>(out));
    return out;
  }

 private:
  crypto_generichash_state state_;
};

using Hasher = Blake2b<32>;

/// extract(key, data): data under a key, 32 bytes. `out` may be `data`'s or `key`'s own storage.
inline void extract(std::span<const std::uint8_t, 32> key, ByteView data, std::span<std::uint8_t, 32> out) noexcept {
  crypto_generichash(out.data(), out.size(), data.data(), data.size(), key.data(), key.size());
}

/// derive(key, id, context, length of out); out has 16 to 64 bytes.
inline void derive(std::span<const std::uint8_t, 32> key, std::uint64_t id, const char (&context)[9],
                   MutableByteView out) noexcept {
  crypto_kdf_derive_from_key(out.data(), out.size(), id, context, key.data());
}

/// derive(key, id, context, 32) as a secret of the wanted role.
template <class Key>
[[nodiscard]] Key derive_key(std::span<const std::uint8_t, 32> key, std::uint64_t id, const char (&context)[9]) noexcept {
  static_assert(Key::kSize == 32);
  Key out;
  derive(key, id, context, out.expose_mutable());
  return out;
}

}  // namespace anochat::crypto
