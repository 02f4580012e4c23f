// The main function of fuzz targets where there is no libFuzzer: every file of the folders given, then changes of them.
#include "fuzz/fuzz.hpp"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <vector>

namespace {

#ifndef ANOCHAT_REPLAY_CHANGES
#define ANOCHAT_REPLAY_CHANGES 500
#endif
constexpr int kChangesPerSeed = ANOCHAT_REPLAY_CHANGES;

using anochat::Bytes;

std::vector<Bytes> read_all(int count, char** folders) {
  std::vector<std::filesystem::path> paths;
  for (int i = 1; i < count; ++i) {
    for (const auto& entry : std::filesystem::directory_iterator(folders[i])) paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  std::vector<Bytes> seeds;
  for (const auto& path : paths) {
    std::ifstream file(path, std::ios::binary);
    seeds.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  return seeds;
}

Bytes changed(Bytes input, std::mt19937& random) {
  for (auto changes = random() % 4 + 1; changes > 0; --changes) {
    const std::size_t at = random() % (input.size() + 1);
    const auto where = input.begin() + static_cast<std::ptrdiff_t>(at);
    const auto value = static_cast<std::uint8_t>(random());
    const auto kind = random() % 4;
    if (kind == 0 || where == input.end()) {
      input.insert(where, value);
    } else if (kind == 1) {
      input.erase(where);
    } else if (kind == 2) {
      *where = value;
    } else {
      *where = static_cast<std::uint8_t>(*where ^ 1U << value % 8);
    }
  }
  return input;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<Bytes> seeds = read_all(argc, argv);
  std::mt19937 random(1);  // NOLINT(cert-msc51-cpp): the same changes every time
  for (const Bytes& seed : seeds) {
    LLVMFuzzerTestOneInput(seed.data(), seed.size());
    for (int i = 0; i < kChangesPerSeed; ++i) {
      const Bytes input = changed(seed, random);
      LLVMFuzzerTestOneInput(input.data(), input.size());
    }
  }
  std::printf("%zu seeds, %d changes of each\n", seeds.size(), kChangesPerSeed);
  return seeds.empty() ? 1 : 0;
}
