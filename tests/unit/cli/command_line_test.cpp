#include "arguments.hpp"
#include "exit_code.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <initializer_list>
#include <vector>

using namespace cli;

namespace {

CommandLine parse(std::initializer_list<const char*> words) {
  std::vector<const char*> argv{"anochat"};
  argv.insert(argv.end(), words);
  return parse_command_line(static_cast<int>(argv.size()), argv.data());
}

}  // namespace

TEST_CASE("options for every command may stand before or behind it") {
  for (const CommandLine& line :
       {parse({"--json", "-p", "work", "whoami"}), parse({"whoami", "--json", "--profile", "work"})}) {
    CHECK(line.command == "whoami");
    CHECK(line.arguments.json);
    CHECK(line.arguments.profile == "work");
  }
}

TEST_CASE("a command gets its own words") {
  const CommandLine send = parse({"send", "bob", "hello there", "--timeout", "2.5"});
  CHECK(send.command == "send");
  CHECK(send.arguments.contact == "bob");
  CHECK(send.arguments.text == "hello there");
  CHECK(send.arguments.patience() == std::chrono::milliseconds(2'500));
  const CommandLine dashes = parse({"send", "bob", "--", "--not-an-option"});
  CHECK(dashes.arguments.text == "--not-an-option");
  CHECK(parse({"history", "bob", "-n", "5"}).arguments.count == 5);
  CHECK_FALSE(parse({"invite"}).arguments.no_qr);
  CHECK(parse({"invite", "--no-qr"}).arguments.no_qr);
  CHECK_FALSE(parse({"verify", "bob"}).arguments.qr);
}

TEST_CASE("what makes no sense has the exit status of a usage error") {
  for (const auto& words : {std::initializer_list<const char*>{},
                            {"nonsense"},
                            {"send"},
                            {"history", "bob", "-n", "0"},
                            {"history", "bob", "-n", "201"},
                            {"relay", "eat"},
                            {"completion", "cmd"},
                            {"react", "x"},
                            {"send", "bob", "x", "--timeout", "-1"},
                            {"whoami", "--passphrase", "secret"}}) {
    const CommandLine line = parse(words);
    CHECK(line.command.empty());
    CHECK(line.status == static_cast<int>(ExitCode::usage));
  }
}

TEST_CASE("help and version are no errors, and completions know all commands") {
  CHECK(parse({"--help"}).status == 0);
  CHECK(parse({"send", "--help"}).status == 0);
  CHECK(parse({"--version"}).status == 0);
  const CommandLine line = parse({"completion", "bash"});
  const auto send =
      std::find_if(line.shapes.begin(), line.shapes.end(), [](const auto& shape) { return shape.name == "send"; });
  REQUIRE(send != line.shapes.end());
  CHECK(std::count(send->options.begin(), send->options.end(), "--lines") == 1);
  CHECK(std::count(send->options.begin(), send->options.end(), "--json") == 1);
}
