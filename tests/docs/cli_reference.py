#!/usr/bin/env python3
"""cli_reference.py <page> <program ...> [--write]: the page says what the programs' --help says; --write makes it so."""
import os
import pathlib
import re
import subprocess
import sys

OPENING = """# Commands and options

What the programs say when they are asked with `--help`; a test compares. [The guide](../guides/cli.md) says how they are used, what
`--json` prints, and what each exit status means.
"""


def help_of(program, *command):
    done = subprocess.run([program, *command, "--help"], env={**os.environ, "LC_ALL": "C.UTF-8"}, capture_output=True, text=True,
                          timeout=60, check=True)
    return done.stdout.replace(program, os.path.basename(program)).strip()


def block(text):
    return ["```text", text, "```", ""]


def page_of(programs):
    lines = [OPENING]
    for program in programs:
        whole = help_of(program)
        lines += [f"## {os.path.basename(program)}", "", *block(whole)]
        _, has_commands, list_of_commands = whole.partition("\nSubcommands:\n")
        footer = list_of_commands.partition("\n\n")[2]
        for command in re.findall(r"^  (\S+) ", list_of_commands.partition("\n\n")[0], re.M) if has_commands else []:
            lines += [f"### {os.path.basename(program)} {command}", "", *block(help_of(program, command).replace(footer, "").strip())]
    return "\n".join(lines)


def main():
    page, *programs = [word for word in sys.argv[1:] if word != "--write"]
    found = page_of(programs)
    if "--write" in sys.argv:
        pathlib.Path(page).write_text(found, encoding="utf-8")
    elif pathlib.Path(page).read_text(encoding="utf-8") != found:
        sys.exit(f"{page} is not what the programs say. Make it anew:\n  {sys.argv[0]} {' '.join(sys.argv[1:])} --write")


if __name__ == "__main__":
    main()
