#include "passphrase.hpp"

#include "exit_code.hpp"

#include <termios.h>

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace cli {
namespace {

using anochat::SecretBytes;

constexpr std::size_t kMaxLen = 1'024;  // bytes

[[noreturn]] void fail(const std::string& what, const std::string& advice) {
  throw Failure(ExitCode::passphrase, what, advice);
}

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  [[nodiscard]] int number() const noexcept { return number_; }

 private:
  int number_;
};

/// Byte by byte, so that what follows the line stays for whoever reads the descriptor next.
SecretBytes read_line(int descriptor) {
  SecretBytes out;
  out.reserve(kMaxLen);
  for (;;) {
    std::uint8_t byte = 0;
    const ssize_t got = ::read(descriptor, &byte, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail("The passphrase could not be read.", "Is the descriptor open for reading?");
    if (got == 0 || byte == '\n') break;
    if (out.size() == kMaxLen) fail("The passphrase is longer than 1,024 bytes.", "Take a shorter one.");
    out.push_back(byte);
  }
  if (!out.empty() && out.back() == '\r') out.pop_back();
  if (out.empty()) fail("The passphrase is empty.", "Without one, anybody with the disk could read the profile.");
  return out;
}

SecretBytes read_file(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  struct stat about {};
  if (file.number() < 0 || ::fstat(file.number(), &about) != 0) {
    fail("The passphrase file cannot be opened.", "Check its name and that you may read it.");
  }
  if (S_ISREG(about.st_mode) && (about.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    fail("Others may read or change the passphrase file.",
         "Take that away: chmod 600 FILE. Then change the passphrase.");
  }
  return read_line(file.number());
}

/// No echo while it lives, also when reading fails.
class NoEcho {
 public:
  explicit NoEcho(int terminal) : terminal_(terminal) {
    ::tcgetattr(terminal_, &before_);
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    quiet.c_lflag |= ECHONL;
    ::tcsetattr(terminal_, TCSAFLUSH, &quiet);
  }
  NoEcho(const NoEcho&) = delete;
  NoEcho& operator=(const NoEcho&) = delete;
  ~NoEcho() { ::tcsetattr(terminal_, TCSAFLUSH, &before_); }

 private:
  int terminal_;
  termios before_{};
};

SecretBytes ask(const std::string& prompt) {
  const Descriptor terminal(::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY));
  if (terminal.number() < 0) {
    fail("There is no terminal to ask for the passphrase.", "Give --passphrase-fd or --passphrase-file.");
  }
  const NoEcho quiet(terminal.number());  // before the prompt: who types at once is not shown, and loses nothing
  const std::string text = prompt + ": ";
  if (::write(terminal.number(), text.data(), text.size()) < 0) fail("The terminal cannot be written.", "");
  return read_line(terminal.number());
}

bool is_given(const PassphraseSource& source) { return source.descriptor >= 0 || !source.file.empty(); }

}  // namespace

SecretBytes read_passphrase(const PassphraseSource& source, const std::string& prompt) {
  if (source.descriptor >= 0) return read_line(source.descriptor);
  if (!source.file.empty()) return read_file(source.file);
  return ask(prompt);
}

SecretBytes new_passphrase(const PassphraseSource& source, const std::string& prompt) {
  SecretBytes first = read_passphrase(source, prompt);
  if (is_given(source)) return first;
  if (!anochat::equal_ct(first, ask("The same again")))
    fail("The two passphrases differ.", "Start again; nothing was made.");
  return first;
}

}  // namespace cli
