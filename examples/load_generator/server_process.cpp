#include "server_process.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <linux/magic.h>
#include <poll.h>
#include <sstream>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/statfs.h>
#include <sys/wait.h>
#include <system_error>
#include <thread>
#include <unistd.h>

namespace load {
namespace {

using std::chrono::nanoseconds;

[[noreturn]] void fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

std::string read_file(const std::string& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

[[noreturn]] void become(const std::vector<std::string>& command, int output, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);  // it is gone already
  ::dup2(output, STDOUT_FILENO);
  std::vector<char*> words;
  for (const std::string& word : command) words.push_back(const_cast<char*>(word.c_str()));  // execvp changes none
  words.push_back(nullptr);
  ::execvp(words[0], words.data());
  ::_exit(127);
}

}  // namespace

ServerProcess::ServerProcess(const std::vector<std::string>& command) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) fail("pipe");
  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ == 0) become(command, ends[1], parent);
  ::close(ends[1]);
  output_ = ends[0];
  if (pid_ < 0) {
    ::close(output_);
    fail("fork");
  }
}

ServerProcess::~ServerProcess() {
  ::close(output_);
  if (!is_running()) return;
  ::kill(pid_, SIGTERM);
  for (int i = 0; i < 300 && is_running(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  if (!is_running()) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

std::uint16_t ServerProcess::read_port() {
  std::string line;
  while (line.empty() || line.back() != '\n') {
    pollfd wait{output_, POLLIN, 0};
    char letter = 0;
    if (::poll(&wait, 1, 10'000) <= 0 || ::read(output_, &letter, 1) != 1) break;
    line += letter;
  }
  std::uint16_t port = 0;
  const auto end = std::from_chars(line.data(), line.data() + line.size(), port).ptr;
  if (port == 0 || *end != '\n') throw std::runtime_error("a server did not start");
  return port;
}

bool ServerProcess::is_running() {
  if (pid_ > 0 && ::waitpid(pid_, nullptr, WNOHANG) != 0) pid_ = -1;
  return pid_ > 0;
}

// Fields 14 and 15 of stat(5), counted after the name in brackets, in ticks.
nanoseconds ServerProcess::cpu_time() const {
  const std::string stat = read_file("/proc/" + std::to_string(pid_) + "/stat");
  std::istringstream in(stat.substr(std::min(stat.size(), stat.rfind(')') + 1)));
  std::string skipped;
  for (int field = 3; field < 14; ++field) in >> skipped;
  long user = 0;
  long system = 0;
  in >> user >> system;
  if (!in) throw std::runtime_error("a server has ended");
  return nanoseconds((user + system) * (1'000'000'000 / ::sysconf(_SC_CLK_TCK)));
}

// smaps_rollup counts pages; the figure in status lags behind.
std::size_t ServerProcess::resident_bytes() const {
  std::istringstream in(read_file("/proc/" + std::to_string(pid_) + "/smaps_rollup"));
  for (std::string line; std::getline(in, line);) {
    if (line.rfind("Rss:", 0) == 0) return std::strtoul(line.c_str() + 4, nullptr, 10) * 1'024;
  }
  throw std::runtime_error("the memory of a server cannot be read");
}

TempFolder::TempFolder(const std::filesystem::path& in) {
  std::string name = (in / "anochat-load-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) fail("mkdtemp");
  path_ = name;
}

TempFolder::~TempFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

nanoseconds own_cpu_time() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto of = [](const timeval& time) { return nanoseconds(time.tv_sec * 1'000'000'000 + time.tv_usec * 1'000); };
  return of(used.ru_utime) + of(used.ru_stime);
}

std::uint16_t free_port() {
  const int file = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (file < 0) fail("socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t len = sizeof address;
  auto* const plain = reinterpret_cast<sockaddr*>(&address);
  const bool is_bound = ::bind(file, plain, len) == 0 && ::getsockname(file, plain, &len) == 0;
  ::close(file);
  if (!is_bound) fail("bind");
  return ntohs(address.sin_port);
}

bool is_installed(const std::string& program) {
  const char* path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "" : path);
  for (std::string folder; std::getline(folders, folder, ':');) {
    if (::access((folder + "/" + program).c_str(), X_OK) == 0) return true;
  }
  return false;
}

bool is_on_disk(const std::filesystem::path& folder) {
  struct statfs info {};
  return ::statfs(folder.c_str(), &info) == 0 && info.f_type != TMPFS_MAGIC && info.f_type != RAMFS_MAGIC;
}

}  // namespace load
