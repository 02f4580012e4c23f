// anochat/storage/recovery_key.hpp - a key for paper: when the passphrase is forgotten, this opens the store.
#pragma once

#include <anochat/base/random.hpp>
#include <anochat/base/secret.hpp>
#include <anochat/storage/key_provider.hpp>
#include <cstddef>
#include <string_view>
#include <utility>

namespace anochat {

/// 160 random bits, written as eight groups of five letters and digits:
/// `7K3QD-0X9WM-...`. The last eight characters are a checksum, so a slip of the pen is found at once.
class RecoveryKey final : public KeyProvider {
 public:
  static constexpr std::size_t kSize = 20;        ///< bytes of the key
  static constexpr std::size_t kTextLength = 47;  ///< characters: 40 and 7 hyphens

  /// A fresh key.
  /// @throws Error{Errc::random_failed}  the source failed
  [[nodiscard]] static RecoveryKey generate(Random& random);

  /// Reads what a person typed: case does not matter, spaces and hyphens are skipped, O is 0, I and L are 1.
  /// @throws Error{Errc::invalid_argument}  not 40 characters of the alphabet, or the checksum is wrong
  [[nodiscard]] static RecoveryKey parse(std::string_view text);

  /// The text to show once and print.
  [[nodiscard]] SecretBytes text() const;

  [[nodiscard]] KeyKind kind() const override { return KeyKind::recovery; }
  [[nodiscard]] SecretBytes secret() override;

 private:
  using Key = Secret<struct RecoveryKeyRole, kSize>;
  explicit RecoveryKey(Key key) noexcept : key_(std::move(key)) {}
  Key key_;
};

}  // namespace anochat
