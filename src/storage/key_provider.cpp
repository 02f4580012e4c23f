#include <anochat/storage/key_provider.hpp>

#include <anochat/base/error.hpp>

#include <cstdlib>
#include <fstream>
#include <optional>

namespace anochat {
namespace {

SecretBytes secret_copy(ByteView bytes) { return {bytes.begin(), bytes.end()}; }

/// The value of a hexadecimal digit, or 16.
std::uint8_t digit_of(std::uint8_t letter) noexcept {
  if (letter >= '0' && letter <= '9') return static_cast<std::uint8_t>(letter - '0');
  const auto lower = static_cast<std::uint8_t>(letter | 0x20);
  return lower >= 'a' && lower <= 'f' ? static_cast<std::uint8_t>(lower - 'a' + 10) : std::uint8_t{16};
}

std::optional<StoreKey> parse_key(const SecretBytes& content) {
  StoreKey key;
  const auto out = key.expose_mutable();
  if (content.size() == StoreKey::kSize) {
    std::copy(content.begin(), content.end(), out.begin());
    return key;
  }
  if (content.size() != 2 * StoreKey::kSize) return std::nullopt;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const std::uint8_t high = digit_of(content[2 * i]), low = digit_of(content[2 * i + 1]);
    if (high > 15 || low > 15) return std::nullopt;
    out[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return key;
}

}  // namespace

PassphraseKey::PassphraseKey(std::string_view passphrase, KdfParams params)
    : PassphraseKey(secret_copy(as_bytes(passphrase)), params) {}

PassphraseKey::PassphraseKey(SecretBytes passphrase, KdfParams params)
    : passphrase_(std::move(passphrase)), params_(params) {
  if (passphrase_.empty()) throw Error(Errc::invalid_argument, "store.passphrase");
  if (!params_.is_allowed()) throw Error(Errc::kdf_policy, "store.passphrase");
}

SecretBytes RawKey::secret() { return secret_copy(key_.expose()); }

CallbackKey::CallbackKey(KeychainHooks hooks) : hooks_(std::move(hooks)) {
  if (!hooks_.load_key) throw Error(Errc::invalid_argument, "store.key");
}

SecretBytes CallbackKey::secret() {
  const StoreKey key = hooks_.load_key();
  return secret_copy(key.expose());
}

std::optional<std::uint64_t> CallbackKey::load_counter() {
  return hooks_.load_counter ? hooks_.load_counter() : std::nullopt;
}

void CallbackKey::save_counter(std::uint64_t value) {
  if (hooks_.save_counter) hooks_.save_counter(value);
}

PassphraseKey passphrase_from_environment(const std::string& variable, KdfParams params) {
  const char* const value = std::getenv(variable.c_str());
  if (value == nullptr || *value == '\0') throw Error(Errc::not_found, "store.environment");
  return PassphraseKey(std::string_view(value), params);
}

RawKey key_from_file(const std::filesystem::path& path) {
  std::error_code failed;
  if (!std::filesystem::exists(path, failed)) throw Error(Errc::not_found, "store.key_file");
  constexpr std::size_t kMost = 2 * StoreKey::kSize + 2;  // digits and a line end; one more shows that it is too long
  SecretBytes content(kMost + 1);
  std::ifstream file;
  file.rdbuf()->pubsetbuf(nullptr, 0);  // no second copy of the key in a stream's buffer
  file.open(path, std::ios::binary);
  if (!file) throw Error(Errc::io_failed, "store.key_file");
  file.read(reinterpret_cast<char*>(content.data()), static_cast<std::streamsize>(content.size()));
  if (file.bad()) throw Error(Errc::io_failed, "store.key_file");
  content.resize(static_cast<std::size_t>(file.gcount()));
  if (content.size() > kMost) throw Error(Errc::invalid_argument, "store.key_file");
  const auto is_line_end = [](std::uint8_t letter) { return letter == '\n' || letter == '\r'; };
  while (content.size() > 2 * StoreKey::kSize && is_line_end(content.back())) content.pop_back();
  auto key = parse_key(content);
  if (!key) throw Error(Errc::invalid_argument, "store.key_file");
  return RawKey(std::move(*key));
}

}  // namespace anochat
