// Keys from paper, from a file and from the environment: what a person or an administrator hands in.
#include <anochat/storage/recovery_key.hpp>

#include "fixture.hpp"
#include "store_fixture.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <string>

using namespace anochat;
using anochat::storage::test::TempFolder;
using anochat::storage::test::write_bytes;

namespace {

SecretBytes zeroes() { return SecretBytes(StoreKey::kSize, 0); }

std::string text_of(const RecoveryKey& key) {
  const SecretBytes text = key.text();
  return {text.begin(), text.end()};
}

}  // namespace

TEST_CASE("a recovery key that was written down and typed again is the same key") {
  testing::SeededRandom random(3);
  for (int i = 0; i < 20; ++i) {
    RecoveryKey key = RecoveryKey::generate(random);
    const std::string text = text_of(key);
    CHECK(text.size() == RecoveryKey::kTextLength);
    CHECK(std::count(text.begin(), text.end(), '-') == 7);
    CHECK(RecoveryKey::parse(text).secret() == key.secret());
    std::string typed;  // as a person might
    for (const char letter : text) {
      if (letter == '-') continue;
      typed += letter == '0' ? 'o' : letter == '1' ? 'l' : static_cast<char>(letter >= 'A' ? letter + 32 : letter);
      typed += ' ';
    }
    CHECK(RecoveryKey::parse(typed).secret() == key.secret());
  }
}

TEST_CASE("a slip of the pen in a recovery key is found, wherever it is") {
  testing::SeededRandom random(4);
  const std::string text = text_of(RecoveryKey::generate(random));
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '-') continue;
    std::string slipped = text;
    slipped[at] = text[at] == 'Q' ? 'R' : 'Q';
    CHECK_ERROR(RecoveryKey::parse(slipped), Errc::invalid_argument);
    slipped[at] = '!';
    CHECK_ERROR(RecoveryKey::parse(slipped), Errc::invalid_argument);
  }
  CHECK_ERROR(RecoveryKey::parse(""), Errc::invalid_argument);
  CHECK_ERROR(RecoveryKey::parse(text.substr(1)), Errc::invalid_argument);
  CHECK_ERROR(RecoveryKey::parse(text + "0"), Errc::invalid_argument);
  CHECK_ERROR(RecoveryKey::parse(std::string(1 << 20, 'U')), Errc::invalid_argument);
}

TEST_CASE("a key file has 32 bytes or 64 digits and perhaps a line end, and nothing else") {
  const TempFolder folder;
  const auto path = folder / "key";
  const auto read = [&](const std::string& content) {
    write_bytes(path, content);
    return key_from_file(path).secret();
  };
  const std::string digits(64, '0');
  CHECK(read(std::string(32, '\0')) == zeroes());
  CHECK(read(digits) == zeroes());
  CHECK(read(digits + "\n") == zeroes());
  CHECK(read(digits + "\r\n") == zeroes());
  const SecretBytes mixed = read("0aA9fF" + std::string(58, '0'));
  CHECK(mixed[0] == 0x0a);
  CHECK(mixed[1] == 0xa9);
  CHECK(mixed[2] == 0xff);
  for (const std::string& bad :
       {std::string(), std::string(31, '\0'), std::string(33, '\0'), digits.substr(1), digits + "0", digits + "\n\n\n",
        digits + "\n\n\n and more", digits.substr(1) + "g", "-" + digits.substr(1), std::string(100'000, '0')}) {
    CHECK_ERROR(read(bad), Errc::invalid_argument);
  }
  CHECK_ERROR(key_from_file(folder / "none"), Errc::not_found);
  CHECK_ERROR(key_from_file(folder.path()), Errc::io_failed);  // a folder
}

TEST_CASE("a passphrase from the environment is what stands there, and an empty one is none") {
  const char* const name = "ANOCHAT_TEST_PASSPHRASE";
  ::setenv(name, "correct horse", 1);
  PassphraseKey key = passphrase_from_environment(name);
  CHECK(key.secret() == storage::tests::secret("correct horse"));
  ::setenv(name, "", 1);
  CHECK_ERROR(passphrase_from_environment(name), Errc::not_found);
  ::unsetenv(name);
  CHECK_ERROR(passphrase_from_environment(name), Errc::not_found);
}
