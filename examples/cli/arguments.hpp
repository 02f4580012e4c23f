// arguments.hpp - the command line, read. CLI11 stays inside arguments.cpp.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace cli {

/// What was asked for. Every command reads the few fields that its options fill.
struct Arguments {
  // every command
  std::string profile = "default";
  bool json = false;
  int passphrase_fd = -1;
  std::string passphrase_file;
  // commands that talk to the relay
  std::string relay;    ///< empty: the profile's
  std::string ca_file;  ///< empty: the profile's
  double timeout = 10;  ///< seconds
  // the command's own
  std::string action;
  std::string contact;
  std::string text;
  std::string file;
  std::string message;
  std::optional<std::int64_t> count;
  std::string cursor;
  std::string listen = "127.0.0.1:0";
  std::string name;
  std::string certificate;
  std::string key;
  bool lines = false;
  bool qr = false;
  bool no_qr = false;
  bool mark = false;
  bool off = false;
  bool follow = false;
  bool with_identity = false;
  bool quiet_receipts = false;

  [[nodiscard]] std::chrono::milliseconds patience() const {
    return std::chrono::milliseconds(static_cast<std::int64_t>(timeout * 1'000));
  }
};

/// A command as a shell completion needs it.
struct CommandShape {
  std::string name;
  std::string summary;
  std::vector<std::string> options;
};

struct CommandLine {
  std::string command;  ///< empty: nothing to do, `status` says how to leave
  int status = 0;
  Arguments arguments;
  std::vector<CommandShape> shapes;  ///< of all commands, for `completion`
};

/// Reads the command line; prints help, version and complaints itself.
[[nodiscard]] CommandLine parse_command_line(int argc, const char* const* argv);

}  // namespace cli
