// storage/page_seal.hpp - seals and opens one page with an AEAD.
#pragma once

#include <anochat/base/bytes.hpp>
#include <anochat/base/random.hpp>
#include <array>
#include <cstddef>
#include <cstdint>
#include <sys/types.h>

#include "storage/encrypted_database.hpp"
#include "storage/key_chain.hpp"

namespace anochat::storage {

inline constexpr std::size_t kPageSize = 4096;   ///< bytes that SQLite calls a page, fixed
inline constexpr std::size_t kMaxReserve = 64;   ///< bytes

/// Bytes at a page's end that SQLite leaves to us: nonce, then tag.
[[nodiscard]] constexpr std::size_t reserve_of(Cipher cipher) noexcept {
  return cipher == Cipher::aegis256 ? 32 + 32 : 24 + 16;
}

/// Random nonces, fetched 4 KiB at a time because a system call each would cost as much as sealing. A child process
/// starts with a fresh buffer. One thread at a time.
class NonceSource {
 public:
  explicit NonceSource(Random& random) noexcept : random_(random) {}
  ~NonceSource() { wipe(buffer_); }
  NonceSource(const NonceSource&) = delete;
  NonceSource& operator=(const NonceSource&) = delete;

  /// Fills `out`, at most 32 bytes. @throws Error{Errc::random_failed}
  void next(MutableByteView out);

 private:
  Random& random_;
  std::array<std::uint8_t, 4096> buffer_{};
  std::size_t used_ = sizeof buffer_;
  ::pid_t process_ = 0;
};

/// Which file a sealed page belongs to. The values are part of the associated data.
enum class Role : std::uint8_t { main = 1, wal = 2 };

/// Where a sealed page belongs; it opens nowhere else.
struct PagePlace {
  Role role = Role::main;
  std::uint32_t page = 0;        ///< SQLite's page number, from 1
  std::uint32_t frame = 0;       ///< WAL: frame number, from 1
  std::uint64_t generation = 0;  ///< WAL: the store's count of WALs
};

/// Seals pages under one key. Stateless, so any number of threads may use it.
class PageSeal {
 public:
  PageSeal(Cipher cipher, KeyView key) noexcept : cipher_(cipher), key_(key), reserve_(reserve_of(cipher)) {}

  [[nodiscard]] std::size_t reserve() const noexcept { return reserve_; }

  /// @param plain  the page's content
  /// @param out    plain.size() + reserve() bytes: ciphertext, nonce, tag; must not overlap `plain`
  void seal(const PagePlace& place, ByteView plain, MutableByteView out, NonceSource& nonces) const;

  /// @param sealed  as seal() wrote it
  /// @param out     sealed.size() - reserve() bytes
  /// @return false when it is not authentic; `out` is all zero then
  [[nodiscard]] bool open(const PagePlace& place, ByteView sealed, MutableByteView out) const noexcept;

 private:
  Cipher cipher_;
  KeyView key_;
  std::size_t reserve_;
};

}  // namespace anochat::storage
