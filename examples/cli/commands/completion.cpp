// completion - scripts that let a shell finish commands and options; made out of the command line's own table.
#include "commands.hpp"

namespace cli {
namespace {

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out.append(out.empty() ? "" : " ").append(word);
  return out;
}

std::string names_of(const std::vector<CommandShape>& shapes) {
  std::vector<std::string> names;
  for (const CommandShape& shape : shapes) names.push_back(shape.name);
  return joined(names);
}

/// bash and zsh (which can run bash's) look for the command among the words typed so far.
std::string bash(const std::vector<CommandShape>& shapes) {
  std::string out =
      "_anochat() {\n  local word=${COMP_WORDS[COMP_CWORD]} each command= options=\n"
      "  for each in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n    case $each in\n      ";
  for (const CommandShape& shape : shapes) out.append(&shape == &shapes.front() ? "" : "|").append(shape.name);
  out += ") command=$each; break ;;\n    esac\n  done\n  case $command in\n";
  for (const CommandShape& shape : shapes)
    out += "    " + shape.name + ") options='" + joined(shape.options) + "' ;;\n";
  out += "    *) options='" + names_of(shapes) + " --help --version' ;;\n  esac\n";
  out += "  COMPREPLY=($(compgen -W \"$options\" -- \"$word\"))\n}\ncomplete -o default -F _anochat anochat\n";
  return out;
}

std::string zsh(const std::vector<CommandShape>& shapes) {
  return "#compdef anochat\nautoload -Uz bashcompinit && bashcompinit\n" + bash(shapes);
}

std::string fish(const std::vector<CommandShape>& shapes) {
  std::string out = "complete -c anochat -f -n __fish_use_subcommand -a '" + names_of(shapes) + "'\n";
  for (const CommandShape& shape : shapes) {
    out += "complete -c anochat -f -n __fish_use_subcommand -a " + shape.name + " -d '" + shape.summary + "'\n";
    for (const std::string& option : shape.options) {
      out += "complete -c anochat -n '__fish_seen_subcommand_from " + shape.name + "' -l " + option.substr(2) + "\n";
    }
  }
  return out;
}

}  // namespace

ExitCode run_completion(const Context& context) {
  const std::string& shell = context.args.action;
  const std::string text = shell == "bash"  ? bash(context.shapes)
                           : shell == "zsh" ? zsh(context.shapes)
                                            : fish(context.shapes);
  context.out.row(Json().add("type", "completion").add("shell", shell).add("script", text));
  context.out.line(text);
  return ExitCode::success;
}

}  // namespace cli
