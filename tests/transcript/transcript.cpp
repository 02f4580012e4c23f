// transcript [--record] <file> - replays a script and compares every result, or writes the results anew.
#include "transcript/player.hpp"

#include <cstdio>
#include <exception>
#include <fstream>
#include <iostream>
#include <string>

namespace {

using anochat::transcript::Lines;

bool is_result(const std::string& line) {
  return line.size() > 1 && line[1] == ' ' && std::string("=!><").find(line[0]) != std::string::npos;
}
bool is_command(const std::string& line) { return !line.empty() && line[0] != '#' && !is_result(line); }

Lines read(const std::string& path) {
  std::ifstream file(path);
  Lines lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

/// The file as it should be: every command with what it gave this time.
Lines replay(const Lines& script) {
  anochat::transcript::Player player;
  Lines out;
  for (const std::string& line : script) {
    if (is_result(line)) continue;
    out.push_back(line);
    if (!is_command(line)) continue;
    const Lines results = player.play(line);
    out.insert(out.end(), results.begin(), results.end());
  }
  return out;
}

int compare(const Lines& expected, const Lines& actual) {
  for (std::size_t i = 0; i < std::max(expected.size(), actual.size()); ++i) {
    const std::string want = i < expected.size() ? expected[i] : "(end)";
    const std::string got = i < actual.size() ? actual[i] : "(end)";
    if (want == got) continue;
    std::cerr << "line " << i + 1 << " differs:\n  expected " << want.substr(0, 200) << "\n  got      "
              << got.substr(0, 200) << "\n";
    return 1;
  }
  std::cout << expected.size() << " lines as expected\n";
  return 0;
}

}  // namespace

int main(int argc, char** argv) try {
  const bool is_recording = argc == 3 && std::string(argv[1]) == "--record";
  if (argc != 2 && !is_recording) {
    std::cerr << "usage: transcript [--record] <file>\n";
    return 2;
  }
  const std::string path = argv[argc - 1];
  const Lines script = read(path);
  if (script.empty()) throw std::runtime_error("no such file, or an empty one: " + path);
  const Lines actual = replay(script);
  if (!is_recording) return compare(script, actual);
  std::ofstream file(path);
  for (const std::string& line : actual) file << line << '\n';
  return file.flush() ? 0 : 1;
} catch (const std::exception& error) {
  std::cerr << "transcript: " << error.what() << "\n";
  return 1;
}
