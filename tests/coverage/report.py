#!/usr/bin/env python3
"""Says which lines of src no test has run.

usage: report.py <build folder> <project folder>

Asks gcov (through gcovr) about every object in the build folder and prints line coverage per layer, for crypto + session
+ framing, and for everything. Lines that did not run must be named in uncovered.txt with a reason; those that are not
are listed. Exit status 1 when src is below 95 % or crypto + session + framing below 98 %.
"""
import collections
import json
import pathlib
import subprocess
import sys

GOALS = {"src": 95.0, "crypto + session + framing": 98.0}
CORE = ("crypto", "session", "framing")


def read_reasons(path: pathlib.Path) -> dict[tuple[str, str], str]:
    """Lines of `path | text of the line | reason`."""
    reasons = {}
    for line in path.read_text().splitlines():
        if line and not line.startswith("#"):
            file, text, reason = line.split(" | ", 2)
            reasons[file, text] = reason
    return reasons


def measure(build: pathlib.Path, root: pathlib.Path) -> list[dict]:
    out = build / "coverage.json"
    subprocess.run(["gcovr", "--root", str(root), "--object-directory", str(build), "--filter", f"{root}/src/",
                    "--exclude-unreachable-branches", "--json", str(out), str(build)], check=True,
                   stdout=subprocess.DEVNULL)
    return json.loads(out.read_text())["files"]


def main() -> int:
    build, root = (pathlib.Path(word).resolve() for word in sys.argv[1:3])
    reasons = read_reasons(pathlib.Path(__file__).with_name("uncovered.txt"))
    covered, known, missing = collections.Counter(), collections.Counter(), []
    for file in measure(build, root):
        path = file["file"]
        layer = path.split("/")[1]
        text = (root / path).read_text().splitlines()
        for line in file["lines"]:
            if line.get("gcovr/noncode"):
                continue
            groups = ["src", layer] + (["crypto + session + framing"] if layer in CORE else [])
            known.update(groups)
            if line["count"] > 0:
                covered.update(groups)
            elif (path, text[line["line_number"] - 1].strip()) not in reasons:
                missing.append(f"{path}:{line['line_number']}: {text[line['line_number'] - 1].strip()}")
    if not known:
        print("no line was measured: was the build made with the preset \"coverage\", and have its tests run?")
        return 1
    for line in missing:
        print(line)
    failed = 0
    print(f"\n{'':28}{'lines':>8}{'run':>8}")
    for group in sorted(known, key=lambda name: (name in GOALS, name)):
        rate = 100 * covered[group] / known[group]
        goal = f"  (goal: {GOALS[group]:.0f} %)" if group in GOALS else ""
        print(f"{group:28}{known[group]:>8}{rate:>7.1f} %{goal}")
        failed += rate < GOALS.get(group, 0)
    print(f"{len(missing)} lines did not run and have no reason in tests/coverage/uncovered.txt")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
