// options.hpp - the command line.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace load {

struct Options {
  std::string serve;  ///< be this server, instead of measuring
  std::string store;  ///< of the relay to serve; empty: memory
  std::string only;   ///< measures parties whose name begins like this
  std::string folder;
  bool with_peers = true;
  double seconds = 3;  ///< for each figure
  std::vector<std::size_t> pairs{1, 16};
  std::vector<std::size_t> sizes{256, 1'024};
  std::vector<std::size_t> frames{1, 64};  ///< messages in one frame
  std::size_t in_flight = 4'096;
  double rate = 2'000;
  std::size_t idle = 2'000;

  [[nodiscard]] std::chrono::milliseconds time() const {
    return std::chrono::milliseconds(static_cast<long>(seconds * 1'000));
  }
};

[[nodiscard]] const char* usage() noexcept;
/// @throws std::invalid_argument  an option that is none, or a value outside its bounds
[[nodiscard]] Options parse_options(const std::vector<std::string>& words);

}  // namespace load
