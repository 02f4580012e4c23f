#include "passphrase.hpp"

#include "exit_code.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <fcntl.h>
#include <fstream>
#include <optional>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

using namespace cli;
using anochat::testing::TemporaryFolder;

namespace {

std::string file_with(const TemporaryFolder& folder, const std::string& text, mode_t mode) {
  std::string path = folder.file("passphrase");
  std::ofstream(path) << text;
  ::chmod(path.c_str(), mode);
  return path;
}

std::string read(const PassphraseSource& source) {
  const anochat::SecretBytes secret = read_passphrase(source, "unused");
  return {secret.begin(), secret.end()};
}

std::optional<ExitCode> refusal(const PassphraseSource& source) {
  try {
    static_cast<void>(read_passphrase(source, "unused"));
    return std::nullopt;
  } catch (const Failure& failure) {
    return failure.code();
  }
}

}  // namespace

TEST_CASE("a passphrase file is read to its first line end") {
  const TemporaryFolder folder;
  CHECK(read({-1, file_with(folder, "correct horse\nbattery\n", 0600)}) == "correct horse");
  CHECK(read({-1, file_with(folder, "no end", 0400)}) == "no end");
  CHECK(read({-1, file_with(folder, "dos\r\n", 0600)}) == "dos");
}

TEST_CASE("a passphrase file that others may read or change is refused") {
  const TemporaryFolder folder;
  for (const mode_t mode : {0640u, 0604u, 0644u, 0620u, 0602u, 0666u}) {
    CAPTURE(mode);
    CHECK(refusal({-1, file_with(folder, "secret\n", mode)}) == ExitCode::passphrase);
  }
}

TEST_CASE("an empty, endless or missing passphrase is refused") {
  const TemporaryFolder folder;
  CHECK(refusal({-1, file_with(folder, "", 0600)}) == ExitCode::passphrase);
  CHECK(refusal({-1, file_with(folder, "\nsecond", 0600)}) == ExitCode::passphrase);
  CHECK(refusal({-1, file_with(folder, std::string(2'000, 'x'), 0600)}) == ExitCode::passphrase);
  CHECK(refusal({-1, folder.file("not there")}) == ExitCode::passphrase);
  CHECK(refusal({-1, "/dev/zero"}) == ExitCode::passphrase);
  CHECK(refusal({4'000, ""}) == ExitCode::passphrase);
}

TEST_CASE("a descriptor gives one line for each passphrase that is asked for") {
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  REQUIRE(::write(ends[1], "one\ntwo\n", 8) == 8);
  ::close(ends[1]);
  CHECK(read({ends[0], ""}) == "one");
  CHECK(read({ends[0], ""}) == "two");
  CHECK(refusal({ends[0], ""}) == ExitCode::passphrase);
  ::close(ends[0]);
}
