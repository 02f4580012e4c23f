// Looks for secrets in the memory of a process that should have forgotten them. See stage.hpp.
//
//   anochat_zeroisation                all operations
//   anochat_zeroisation <operation>    one of them
#include "stage.hpp"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <map>
#include <optional>
#include <signal.h>
#include <sstream>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace anochat::zeroisation {

void Stage::secret(const char* label, ByteView bytes) const {
  if (!is_telling_) return;
  std::printf("secret %s\t%s\n", label, to_hex(bytes).c_str());
}

void Stage::check(const char* when) const {
  if (is_telling_) {
    std::printf("check %s\n", when);
  } else {
    ::raise(SIGSTOP);
  }
}

void TracelessRandom::fill(MutableByteView out) {
  while (!out.empty()) {
    std::array<std::uint8_t, 64> block{};
    std::array<std::uint8_t, crypto_stream_chacha20_KEYBYTES> key{7};
    std::array<std::uint8_t, crypto_stream_chacha20_NONCEBYTES> nonce{};
    std::memcpy(nonce.data(), &call_, sizeof call_);
    ++call_;
    crypto_stream_chacha20(block.data(), block.size(), nonce.data(), key.data());
    const std::size_t some = std::min(out.size(), block.size());
    std::copy_n(block.begin(), some, out.begin());
    out = out.subspan(some);
    sodium_memzero(block.data(), block.size());
    sodium_stackzero(4'096);  // what the stream cipher left below
  }
}

namespace {

constexpr std::size_t kWindow = 16;  // bytes: so much of a secret in one place is a find

struct Needle {
  std::string label;
  Bytes bytes;
};
struct Checkpoint {
  std::string when;
  std::size_t needles;  ///< how many of them must be gone
};
struct Script {
  std::vector<Needle> needles;
  std::vector<Checkpoint> checks;
};

/// Starts this program again for one operation. @return its process and the end of a pipe that holds its output
pid_t start(const char* mode, const char* name, int& output) {
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) std::abort();
  const pid_t child = ::fork();
  if (child == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::dup2(ends[1], STDOUT_FILENO);
    ::close(ends[0]);
    ::close(ends[1]);
    // Else the loader saves the vector registers, with pieces of keys in them, on the stack at each function's first call.
    ::setenv("LD_BIND_NOW", "1", 1);
    ::execl("/proc/self/exe", "anochat_zeroisation", mode, name, nullptr);
    ::_exit(127);
  }
  ::close(ends[1]);
  output = ends[0];
  return child;
}

std::string read_all(int from) {
  std::string text;
  std::array<char, 4'096> part{};
  for (ssize_t got = 0; (got = ::read(from, part.data(), part.size())) > 0;)
    text.append(part.data(), static_cast<std::size_t>(got));
  ::close(from);
  return text;
}

std::optional<Script> learn(const char* name) {
  int output = -1;
  const pid_t child = start("--tell", name, output);
  std::istringstream text(read_all(output));
  int status = 0;
  ::waitpid(child, &status, 0);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) return std::nullopt;
  Script script;
  for (std::string line; std::getline(text, line);) {
    const std::size_t tab = line.find('\t');
    if (line.starts_with("secret ")) {
      script.needles.push_back({line.substr(7, tab - 7), from_hex(line.substr(tab + 1)).value()});
      if (script.needles.back().bytes.size() < kWindow) return std::nullopt;
    } else if (line.starts_with("check ")) {
      script.checks.push_back({line.substr(6), script.needles.size()});
    }
  }
  if (script.needles.empty() || script.checks.empty()) return std::nullopt;
  return script;
}

/// All windows of the needles, by their first two bytes.
class Index {
 public:
  Index(const std::vector<Needle>& needles, std::size_t count) {
    for (std::size_t n = 0; n < count; ++n) {
      const Bytes& bytes = needles[n].bytes;
      for (std::size_t at = 0; at + kWindow <= bytes.size(); ++at) {
        const ByteView window = ByteView(bytes).subspan(at, kWindow);
        if (std::all_of(window.begin(), window.end(), [&](std::uint8_t byte) { return byte == window[0]; })) continue;
        windows_[key(window.data())].push_back({n, at, window});
      }
    }
  }

  /// @return the needle that stands at these bytes
  [[nodiscard]] std::optional<std::size_t> find(const std::uint8_t* at) const {
    for (const Window& window : windows_[key(at)]) {
      if (std::memcmp(window.bytes.data(), at, kWindow) == 0) return window.needle;
    }
    return std::nullopt;
  }

 private:
  struct Window {
    std::size_t needle;
    std::size_t offset;
    ByteView bytes;
  };
  static std::size_t key(const std::uint8_t* at) noexcept { return std::size_t{at[0]} << 8 | at[1]; }
  std::vector<std::vector<Window>> windows_ = std::vector<std::vector<Window>>(65'536);
};

struct Find {
  std::size_t needle;
  std::string region;
  std::size_t count;
};

/// Looks through everything that the process can write. @return what was found, and how much was looked at
std::vector<Find> scan(pid_t process, const Index& index, std::size_t& looked_at) {
  std::map<std::pair<std::size_t, std::string>, std::size_t> found;
  const std::string folder = "/proc/" + std::to_string(process);
  const int memory = ::open((folder + "/mem").c_str(), O_RDONLY | O_CLOEXEC);
  std::ifstream maps(folder + "/maps");
  Bytes bytes;
  for (std::string line; std::getline(maps, line);) {
    std::uint64_t first = 0, last = 0;
    std::array<char, 8> rights{};
    int name_at = 0;
    if (std::sscanf(line.c_str(), "%lx-%lx %7s %*s %*s %*s %n", &first, &last, rights.data(), &name_at) < 3) continue;
    if (rights[0] != 'r' || rights[1] != 'w') continue;
    bytes.resize(last - first);
    const ssize_t got = ::pread(memory, bytes.data(), bytes.size(), static_cast<off_t>(first));
    if (got < static_cast<ssize_t>(kWindow)) continue;
    looked_at += static_cast<std::size_t>(got);
    std::string name = line.substr(static_cast<std::size_t>(name_at));
    if (name.empty()) name = "anonymous memory";
    for (std::size_t at = 0; at + kWindow <= static_cast<std::size_t>(got); ++at) {
      if (const auto needle = index.find(bytes.data() + at)) ++found[{*needle, name}];
    }
  }
  ::close(memory);
  std::vector<Find> out;
  for (const auto& [where, count] : found) out.push_back({where.first, where.second, count});
  return out;
}

/// @return whether all is as it should be
bool examine(const Operation& operation) {
  const auto script = learn(operation.name);
  if (!script) {
    std::printf("%-28s could not be run\n", operation.name);
    return false;
  }
  int output = -1;
  const pid_t child = start("--quiet", operation.name, output);
  std::size_t finds = 0, looked_at = 0;
  bool is_complete = true;
  std::string problems;
  for (const Checkpoint& check : script->checks) {
    int status = 0;
    ::waitpid(child, &status, WUNTRACED);
    if (!WIFSTOPPED(status)) {
      is_complete = false;
      break;
    }
    for (const Find& find : scan(child, Index(script->needles, check.needles), looked_at)) {
      ++finds;
      problems += "    " + check.when + ": " + script->needles[find.needle].label + ", " + std::to_string(find.count) +
                  " windows in " + find.region + "\n";
    }
    ::kill(child, SIGCONT);
  }
  int status = 0;
  if (!is_complete) ::kill(child, SIGKILL);
  ::close(output);
  ::waitpid(child, &status, 0);
  is_complete = is_complete && WIFEXITED(status) && WEXITSTATUS(status) == 0 && looked_at > 0;
  const bool is_good = is_complete && (finds == 0) != operation.is_leaking;
  std::printf("%-28s %3zu secrets, %2zu checks, %5zu KiB looked at: %s\n", operation.name, script->needles.size(),
              script->checks.size(), looked_at / 1'024,
              !is_complete           ? "DID NOT RUN TO ITS END"
              : operation.is_leaking ? (finds != 0 ? "the planted leak was found" : "THE PLANTED LEAK WAS NOT FOUND")
                                     : (finds == 0 ? "nothing left" : "SECRETS LEFT"));
  if (!operation.is_leaking) std::fputs(problems.c_str(), stdout);
  std::fflush(stdout);
  return is_good;
}

int perform(const char* mode, const char* name) {
  for (const Operation& operation : operations()) {
    if (std::strcmp(operation.name, name) != 0) continue;
    operation.run(Stage(std::strcmp(mode, "--tell") == 0));
    return 0;
  }
  return 1;
}

}  // namespace
}  // namespace anochat::zeroisation

int main(int argc, char** argv) {
  using namespace anochat::zeroisation;
  if (sodium_init() < 0) return 1;
  if (argc == 3) return perform(argv[1], argv[2]);
  bool is_good = true;
  for (const Operation& operation : operations()) {
    if (argc == 1 || std::strcmp(argv[1], operation.name) == 0) is_good = examine(operation) && is_good;
  }
  return is_good ? 0 : 1;
}
