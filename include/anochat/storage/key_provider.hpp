// anochat/storage/key_provider.hpp - where the key of a store comes from.
#pragma once

#include <anochat/base/secret.hpp>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace anochat {

/// A raw key for a store: 32 bytes that are as good as random.
using StoreKey = Secret<struct StoreKeyRole, 32>;

/// The kinds of key a store's slot can be opened with. The values are written to the file.
enum class KeyKind : std::uint8_t {
  passphrase = 1,  ///< typed by a person, strengthened by Argon2id
  raw = 2,         ///< 32 random bytes that the application or the platform's keychain holds
  recovery = 3,    ///< a RecoveryKey, written down on paper
};

/// What Argon2id costs. Both limits are checked before any memory is taken, because the numbers also come out of files.
struct KdfParams {
  static constexpr std::uint32_t kLeastMemory = 19 * 1024;     ///< KiB (19 MiB)
  static constexpr std::uint32_t kMostMemory = 1024 * 1024;    ///< KiB (1 GiB)
  static constexpr std::uint32_t kLeastPasses = 2;
  static constexpr std::uint32_t kMostPasses = 10;

  std::uint32_t memory_kib = 64 * 1024;  ///< 64 MiB: about 50 ms on a desktop
  std::uint32_t passes = 2;

  [[nodiscard]] bool is_allowed() const noexcept {
    return memory_kib >= kLeastMemory && memory_kib <= kMostMemory && passes >= kLeastPasses && passes <= kMostPasses;
  }
  friend bool operator==(const KdfParams&, const KdfParams&) = default;

  /// For desktops and for backups, where half a second is fine: 256 MiB, 3 passes.
  [[nodiscard]] static constexpr KdfParams strong() noexcept { return {256 * 1024, 3}; }
};

/// Hands the key of a store to the library, at the moment when it is needed and not before.
///
/// One thread at a time per object. The library asks once per store that it opens, never once per connection.
class KeyProvider {
 public:
  virtual ~KeyProvider() = default;

  [[nodiscard]] virtual KeyKind kind() const = 0;

  /// The passphrase's bytes (1 or more), or exactly 32 bytes of a raw key, or exactly 20 bytes of a recovery key.
  /// @throws Error  whatever the source has to say; it reaches the caller of open() unchanged
  [[nodiscard]] virtual SecretBytes secret() = 0;

  /// What a passphrase shall cost when this provider makes a new slot.
  [[nodiscard]] virtual KdfParams kdf() const { return {}; }

  /// The last value given to save_counter(), kept outside the store (a keychain item, a TPM counter), or nothing when
  /// there is no such place. A store whose own counter is lower is an older copy of itself: Errc::rolled_back.
  [[nodiscard]] virtual std::optional<std::uint64_t> load_counter() { return std::nullopt; }
  /// Called after the store has written `value` durably. Values only grow.
  virtual void save_counter(std::uint64_t value) { static_cast<void>(value); }
};

/// A passphrase.
class PassphraseKey final : public KeyProvider {
 public:
  /// @throws Error{Errc::invalid_argument}  an empty passphrase
  /// @throws Error{Errc::kdf_policy}        parameters outside the limits of KdfParams
  explicit PassphraseKey(std::string_view passphrase, KdfParams params = {});
  /// Takes over bytes that were never a std::string.
  explicit PassphraseKey(SecretBytes passphrase, KdfParams params = {});

  [[nodiscard]] KeyKind kind() const override { return KeyKind::passphrase; }
  [[nodiscard]] SecretBytes secret() override { return passphrase_; }
  [[nodiscard]] KdfParams kdf() const override { return params_; }

 private:
  SecretBytes passphrase_;
  KdfParams params_;
};

/// A raw key that the application holds.
class RawKey final : public KeyProvider {
 public:
  explicit RawKey(StoreKey key) noexcept : key_(std::move(key)) {}

  [[nodiscard]] KeyKind kind() const override { return KeyKind::raw; }
  [[nodiscard]] SecretBytes secret() override;

 private:
  StoreKey key_;
};

/// Functions of the application, usually around the platform's keychain. Only `load_key` is needed.
struct KeychainHooks {
  std::function<StoreKey()> load_key;
  std::function<std::optional<std::uint64_t>()> load_counter;
  std::function<void(std::uint64_t)> save_counter;
};

/// A raw key that a callback fetches.
class CallbackKey final : public KeyProvider {
 public:
  /// @throws Error{Errc::invalid_argument}  no `load_key`
  explicit CallbackKey(KeychainHooks hooks);

  [[nodiscard]] KeyKind kind() const override { return KeyKind::raw; }
  [[nodiscard]] SecretBytes secret() override;
  [[nodiscard]] std::optional<std::uint64_t> load_counter() override;
  void save_counter(std::uint64_t value) override;

 private:
  KeychainHooks hooks_;
};

/// The passphrase in an environment variable, for services: `ANOCHAT_PASSPHRASE=... ./bot`.
/// @throws Error{Errc::not_found}  the variable is not set or is empty
[[nodiscard]] PassphraseKey passphrase_from_environment(const std::string& variable, KdfParams params = {});

/// A raw key in a file: 32 bytes, or 64 hexadecimal digits with an optional line end.
/// @throws Error{Errc::not_found}         no such file
/// @throws Error{Errc::invalid_argument}  the content is neither of the two
/// @throws Error{Errc::io_failed}         the file could not be read
[[nodiscard]] RawKey key_from_file(const std::filesystem::path& path);

}  // namespace anochat
