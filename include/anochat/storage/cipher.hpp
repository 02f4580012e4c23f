// anochat/storage/cipher.hpp - the ciphers that a store's pages can be sealed with.
#pragma once

#include <cstdint>

namespace anochat::storage {

/// The page ciphers. The values are written to the file.
enum class Cipher : std::uint8_t {
  aegis256 = 1,  ///< fast where the processor has AES instructions
  xchacha20 = 2  ///< XChaCha20-Poly1305, for processors without
};

/// AEGIS-256 where the processor helps with it, XChaCha20-Poly1305 elsewhere.
[[nodiscard]] Cipher recommended_cipher() noexcept;

}  // namespace anochat::storage
