// server_process.hpp - a server that runs as a process of its own, and what it costs.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <sys/types.h>
#include <vector>

namespace load {

/// A child process. It ends with this object, or with this process.
class ServerProcess {
 public:
  /// @param command  the program, with its path or to be found in PATH, and its arguments
  /// @throws std::system_error  it cannot be started
  explicit ServerProcess(const std::vector<std::string>& command);
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  /// The port that one of our own servers prints as its first line.
  /// @throws std::runtime_error  it printed none within ten seconds
  [[nodiscard]] std::uint16_t read_port();
  [[nodiscard]] bool is_running();
  [[nodiscard]] std::chrono::nanoseconds cpu_time() const;  ///< of all its threads, user and system
  [[nodiscard]] std::size_t resident_bytes() const;

 private:
  pid_t pid_ = -1;
  int output_ = -1;
};

/// A folder that goes with the object.
class TempFolder {
 public:
  explicit TempFolder(const std::filesystem::path& in);
  ~TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
};

/// CPU time of this process.
[[nodiscard]] std::chrono::nanoseconds own_cpu_time();
/// A port of 127.0.0.1 that was free a moment ago, for servers that cannot choose one.
[[nodiscard]] std::uint16_t free_port();
/// Whether a program can be started by its name.
[[nodiscard]] bool is_installed(const std::string& program);
/// Whether files there survive a loss of power, as far as the kind of file system tells.
[[nodiscard]] bool is_on_disk(const std::filesystem::path& folder);

}  // namespace load
