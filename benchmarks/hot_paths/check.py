#!/usr/bin/env python3
"""check.py - holds the session's hot paths to the counts in counts.json.

    check.py PROGRAM --compiler NAME            compares; exit code 77 says that instructions could not be counted
    check.py PROGRAM --compiler NAME --update   writes the counts of this run

Allocations must be exactly as written down: fewer is a reason to update the file as well. Instructions, counted by
callgrind, may be up to 5 % more; built by another compiler, up to 30 %.
"""

import argparse
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

COUNTS = pathlib.Path(__file__).with_name("counts.json")
ROOM, ROOM_OF_ANOTHER_COMPILER = 1.05, 1.30
SKIPPED = 77


def parse(output):
    """(processor, [(name, operations, allocations)])"""
    processor, *paths = [line.split("\t") for line in output.splitlines()]
    return processor[1], [(name, int(operations), int(allocations)) for name, operations, allocations in paths]


def run(command, cwd=None):
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{command[0]} ended with {done.returncode}:\n{done.stderr[-2000:]}")
    return done.stdout


def instructions(program):
    """What every path took, in the program's order: callgrind writes a file each time that it leaves the function."""
    with tempfile.TemporaryDirectory() as folder:
        output = run(["valgrind", "--tool=callgrind", "--callgrind-out-file=out", "--toggle-collect=anochat_hot_path",
                      "--dump-after=anochat_hot_path", str(program)], folder)
        processor, paths = parse(output)
        counts = []
        for number in range(1, len(paths) + 1):
            text = (pathlib.Path(folder) / f"out.{number}").read_text(encoding="utf-8")
            counts.append(int(re.search(r"^(?:summary|totals): (\d+)", text, re.MULTILINE).group(1)))
        return processor, counts


def measure(program, with_instructions):
    _, paths = parse(run([str(program)]))
    processor, counts = instructions(program) if with_instructions else (None, [None] * len(paths))
    found = {name: {"operations": operations, "allocations": allocations,
                    "instructions": None if count is None else round(count / operations)}
             for (name, operations, allocations), count in zip(paths, counts)}
    return processor, found


def write(found, processor, compiler):
    lines = ",\n".join(f'    {json.dumps(name)}: {json.dumps(counts)}' for name, counts in found.items())
    COUNTS.write_text(f'{{\n  "compiler": {json.dumps(compiler)},\n  "processor": {json.dumps(processor)},\n'
                      f'  "paths": {{\n{lines}\n  }}\n}}\n', encoding="utf-8")
    print(f"wrote {COUNTS}")


def compare(found, known, room):
    """The lines to print, and whether all is as it should be."""
    is_good = found.keys() == known.keys()
    lines = [] if is_good else ["other paths than in counts.json: update it"]
    for name in found.keys() & known.keys():
        now, then = found[name], known[name]
        problems = []
        if now["allocations"] != then["allocations"] or now["operations"] != then["operations"]:
            problems.append(f"{now['allocations']} allocations in {now['operations']} operations, "
                            f"not {then['allocations']} in {then['operations']}")
        if now["instructions"] is not None and now["instructions"] > then["instructions"] * room:
            problems.append(f"{now['instructions'] / then['instructions']:.3f} times the instructions")
        is_good = is_good and not problems
        lines.append(f"{name:28} {now['instructions'] or '-':>10} instructions ({then['instructions']}), "
                     f"{now['allocations']} allocations {'; '.join(problems) or 'ok'}")
    return sorted(lines), is_good


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("--compiler", required=True)
    parser.add_argument("--update", action="store_true")
    options = parser.parse_args()
    program = options.program.resolve()
    has_valgrind = shutil.which("valgrind") is not None
    processor, found = measure(program, has_valgrind)
    if options.update:
        if not has_valgrind:
            sys.exit("valgrind is needed to update the counts: apt-get install valgrind")
        write(found, processor, options.compiler)
        return 0
    known = json.loads(COUNTS.read_text(encoding="utf-8"))
    is_comparable = has_valgrind and processor == known["processor"]
    if not is_comparable:
        for counts in found.values():
            counts["instructions"] = None
    room = ROOM if options.compiler == known["compiler"] else ROOM_OF_ANOTHER_COMPILER
    lines, is_good = compare(found, known["paths"], room)
    print("\n".join(lines))
    if not is_good:
        print("\nIf this is meant: cmake --build --preset dev --target update_hot_path_counts, and say why in the commit.")
        return 1
    if not is_comparable:
        why = f"counted for {known['processor']}, this is {processor}" if has_valgrind else "valgrind is not installed"
        print(f"SKIPPED instructions: {why}. Allocations were compared.")
        return SKIPPED
    return 0


sys.exit(main())
