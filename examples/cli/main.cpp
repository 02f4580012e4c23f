// anochat - messages from the command line. What a command does is in commands/, one file each.
#include <anochat/base/error.hpp>

#include "commands/commands.hpp"
#include "stop_signal.hpp"

#include <clocale>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <sys/stat.h>

namespace {

using namespace cli;

struct Command {
  const char* name;
  ExitCode (*run)(const Context&);
};

constexpr Command kCommands[] = {
    {"init", run_init},     {"whoami", run_whoami},     {"invite", run_invite}, {"add", run_add},
    {"verify", run_verify}, {"contacts", run_contacts}, {"block", run_block},   {"send", run_send},
    {"chat", run_chat},     {"recv", run_recv},         {"react", run_react},   {"history", run_history},
    {"search", run_search}, {"call-log", run_call_log}, {"stats", run_stats},   {"doctor", run_doctor},
    {"export", run_export}, {"import", run_import},     {"relay", run_relay},   {"completion", run_completion},
};

/// What happened, and what to do about it.
int complain(bool is_json, std::string_view name, const std::string& what, std::string_view advice, ExitCode code) {
  const int status = static_cast<int>(code);
  if (is_json) {
    const Json line =
        Json().add("type", "error").add("error", name).add("exit", status).add("text", what).add("advice", advice);
    std::fprintf(stderr, "%s\n", line.text().c_str());
  } else {
    std::fprintf(stderr, "anochat: %s\n", what.c_str());
    if (!advice.empty()) std::fprintf(stderr, "         %s\n", std::string(advice).c_str());
  }
  return status;
}

std::string_view name_of(ExitCode code) {
  constexpr std::string_view kNames[] = {"success", "internal", "usage",   "not_found", "passphrase", "store",
                                         "network", "tls",      "refused", "trust",     "findings"};
  return kNames[static_cast<int>(code)];
}

int run(const CommandLine& line) {
  const bool is_json = line.arguments.json;
  try {
    const Context context(line);
    for (const Command& command : kCommands) {
      if (line.command == command.name) return static_cast<int>(command.run(context));
    }
    return complain(is_json, "internal", "This command has no function.", "", ExitCode::internal);
  } catch (const Failure& failure) {
    return complain(is_json, name_of(failure.code()), failure.what(), failure.advice(), failure.code());
  } catch (const anochat::Error& error) {
    std::string what(anochat::message_of(error.code()));
    return complain(is_json, anochat::name_of(error.code()), what, advice_for(error.code()),
                    exit_code_of(error.code()));
  } catch (const std::bad_alloc&) {
    return complain(is_json, "out_of_memory", "There is not enough memory.", "Close something and try again.",
                    ExitCode::internal);
  } catch (const std::exception& error) {
    return complain(is_json, "internal", error.what(), "Please report it.", ExitCode::internal);
  }
}

}  // namespace

int main(int argc, char** argv) {
  ::umask(S_IRWXG | S_IRWXO);
  std::setlocale(LC_CTYPE, "C.UTF-8");  // how wide characters are; messages are UTF-8 whatever the machine speaks
  std::signal(SIGPIPE, SIG_IGN);
  const CommandLine line = parse_command_line(argc, argv);
  return line.command.empty() ? line.status : run(line);
}
