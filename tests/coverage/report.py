#!/usr/bin/env python3
"""Says which lines of src no test has run, and whether each of them has a reason.

    report.py <build folder> <project folder>   asks gcov about every object in the build folder
    report.py --self-test                       plants one fault of each kind and expects it to be found

Prints line coverage per layer, for crypto + session + framing, for everything, and for the bindings. Exit status 1 when
a goal is missed, when a line of src that did not run is not excused in uncovered.txt exactly once, or when uncovered.txt
excuses a line that has run or is no longer there.
"""
import collections
import concurrent.futures
import dataclasses
import json
import os
import pathlib
import re
import subprocess
import sys

GOALS = {"src": 95.0, "crypto + session + framing": 98.0}
MEASURED = ("src", "bindings")
CORE = ("crypto", "session", "framing")
NO_CODE = re.compile(r"[\s{}();,]*(//.*)?$")  # where gcov counts only what ends with a block
SOMETIMES = "sometimes: "
RANGE = " ... "


@dataclasses.dataclass
class Excuse:
    """One line of uncovered.txt: `path | what | reason`; its first lines explain the forms of `what`."""
    path: str
    what: str
    reason: str
    number: int

    @property
    def is_certain(self) -> bool:
        return not self.reason.startswith(SOMETIMES)

    def most(self) -> int:
        match = re.match(r"(\d+) x ", self.what)
        return int(match[1]) if match else 1

    def text(self) -> str:
        return re.sub(r"^\d+ x ", "", self.what)

    def claim(self, lines: list[str]) -> set[int]:
        """The numbers of the source lines that this entry speaks of."""
        if RANGE not in self.what:
            return {number for number, line in enumerate(lines, 1) if line.strip() == self.text()}
        first, last = self.what.split(RANGE, 1)
        begin = next((n for n, line in enumerate(lines, 1) if line.strip() == first), None)
        end = begin and next((n for n, line in enumerate(lines, 1) if n >= begin and line.strip() == last), None)
        return set(range(begin, end + 1)) if end else set()


def read_excuses(text: str) -> list[Excuse]:
    excuses = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip() and not line.startswith("#"):
            path, rest = line.split(" | ", 1)
            what, reason = rest.rsplit(" | ", 1)
            excuses.append(Excuse(path, what, reason, number))
    return excuses


def check_file(path: str, lines: list[str], counts: dict[int, int], excuses: list[Excuse]) -> list[str]:
    """What is wrong between the lines of one file that did not run and the reasons for it."""
    problems, claimed = [], collections.defaultdict(list)
    idle = {number for number, count in counts.items() if count == 0}
    for excuse in excuses:
        claim = excuse.claim(lines) & set(counts)
        missed = claim & idle
        is_range = RANGE in excuse.what
        if not claim:
            problems.append(f"uncovered.txt:{excuse.number}: {path} has no such line: {excuse.what}")
        elif excuse.is_certain and (not missed if is_range else len(missed) < excuse.most()):
            problems.append(f"uncovered.txt:{excuse.number}: {path} runs this line now: {excuse.what}")
        elif not is_range and len(missed) > excuse.most():
            problems.append(f"uncovered.txt:{excuse.number}: {path} has {len(missed)} such lines: {excuse.what}")
        for number in missed:
            claimed[number].append(excuse.number)
    for number in sorted(idle):
        where = f"{path}:{number}: {lines[number - 1].strip()}"
        if number not in claimed:
            problems.append(f"{where}\n    did not run, and uncovered.txt does not say why")
        elif len(claimed[number]) > 1:
            problems.append(f"{where}\n    has several reasons: uncovered.txt:{claimed[number]}")
    return problems


def groups_of(path: str) -> list[str]:
    folder, name = path.split("/")[:2]
    if folder == "bindings":
        return [f"{folder}/{name}"]
    return ["src", name] + (["crypto + session + framing"] if name in CORE else [])


@dataclasses.dataclass
class Summary:
    known: collections.Counter = dataclasses.field(default_factory=collections.Counter)
    run: collections.Counter = dataclasses.field(default_factory=collections.Counter)

    def rate(self, group: str) -> float:
        return 100 * self.run[group] / self.known[group]

    def missed_goals(self) -> list[str]:
        return [group for group, goal in GOALS.items() if self.known[group] == 0 or self.rate(group) < goal]


def judge(measured: dict[str, dict[int, int]], sources: dict[str, list[str]], excuses: list[Excuse]):
    """All figures and all problems. `measured` has, for each file, how often each line of code ran."""
    summary, problems = Summary(), []
    for path in sorted(measured):
        for group in groups_of(path):
            summary.known[group] += len(measured[path])
            summary.run[group] += sum(count > 0 for count in measured[path].values())
        if path.startswith("src/"):
            own = [excuse for excuse in excuses if excuse.path == path]
            problems += check_file(path, sources[path], measured[path], own)
    for excuse in excuses:
        if excuse.path not in measured:
            problems.append(f"uncovered.txt:{excuse.number}: there is no code in {excuse.path}")
    return summary, problems


def ask_gcov(build: pathlib.Path, root: pathlib.Path, notes: list[pathlib.Path]) -> list[dict]:
    """What gcov says of some objects, one document each; headers from outside the project are left out."""
    command = ["gcov", "--json-format", "--stdout", "--relative-only", "--source-prefix", str(root)]
    answer = subprocess.run([*command, *map(str, notes)], cwd=build, capture_output=True, text=True)
    if answer.returncode != 0:  # figures of another build, for one
        print(f"gcov: {answer.stderr.strip()}", file=sys.stderr)
    return [json.loads(line) for line in answer.stdout.splitlines() if line.startswith("{")]


def measure(build: pathlib.Path, root: pathlib.Path) -> dict[str, dict[int, int]]:
    notes = sorted(build.rglob("*.gcno"))
    groups = [notes[at:at + 10] for at in range(0, len(notes), 10)]
    counts = collections.defaultdict(collections.Counter)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for documents in pool.map(lambda group: ask_gcov(build, root, group), groups):
            for document in documents:
                for file in document["files"]:
                    # Names are relative to where the compiler ran, or to the project.
                    path = pathlib.Path(os.path.normpath(root / document["current_working_directory"] / file["file"]))
                    path = path.relative_to(root) if path.is_relative_to(root) else pathlib.Path(file["file"])
                    if path.parts[0] in MEASURED and (root / path).is_file():
                        for line in file["lines"]:
                            counts[str(path)][line["line_number"]] += line["count"]
    for path, lines in counts.items():
        source = (root / path).read_text().splitlines()
        for number in [n for n in lines if n > len(source) or NO_CODE.match(source[n - 1])]:
            del lines[number]
    return counts


def report(build: pathlib.Path, root: pathlib.Path) -> int:
    measured = measure(build, root)
    if not measured:
        print("no line was measured: was the build made with the preset \"coverage\", and have its tests run?")
        return 1
    sources = {path: (root / path).read_text().splitlines() for path in measured}
    excuses = read_excuses(pathlib.Path(__file__).with_name("uncovered.txt").read_text())
    summary, problems = judge(measured, sources, excuses)
    for problem in problems:
        print(problem)
    print(f"\n{'':28}{'lines':>8}{'run':>8}")
    for group in sorted(summary.known, key=lambda name: (name in GOALS, name)):
        goal = f"  (goal: {GOALS[group]:.0f} %)" if group in GOALS else ""
        print(f"{group:28}{summary.known[group]:>8}{summary.rate(group):>7.1f} %{goal}")
    idle = summary.known["src"] - summary.run["src"]
    print(f"\n{idle} lines of src did not run; tests/coverage/uncovered.txt has the reasons.")
    for group in summary.missed_goals():
        print(f"The goal for {group} is missed.")
    if problems:
        print(f"{len(problems)} times the lines and their reasons do not agree (above).")
    return 1 if problems or summary.missed_goals() else 0


def self_test() -> int:
    source = ["int f(int x) {", "  if (x == 0) {", "    never();", "    throw 1;", "  }", "  again();", "  again();", "}"]
    path = "src/crypto/planted.cpp"

    def verdict(reasons: str, idle: set[int]):
        counts = {number: 0 if number in idle else 1 for number in range(1, 9)}
        many = {"src/base/other.cpp": {number: 1 for number in range(1, 1001)}}  # keeps src above its goal
        lines = {path: source, "src/base/other.cpp": ["x();"] * 1000}
        return judge({path: counts, **many}, lines, read_excuses(reasons))

    cases = [  # reasons, lines that did not run, how many problems
        ("", set(), 0),
        ("", {3}, 1),
        (f"{path} | never(); | why", {3}, 0),
        (f"{path} | never(); | why", set(), 1),
        (f"{path} | gone(); | why", {3}, 2),
        (f"{path} | never(); | sometimes: a race", set(), 0),
        (f"{path} | gone(); | sometimes: a race", set(), 1),
        (f"{path} | never(); ... throw 1; | why", {3, 4}, 0),
        (f"{path} | never(); ... throw 1; | why", {3, 4, 6}, 1),
        (f"{path} | never(); ... throw 1; | why\n{path} | throw 1; | why", {3, 4}, 1),
        (f"{path} | again(); | why", {6}, 0),
        (f"{path} | again(); | why", {6, 7}, 1),
        (f"{path} | 2 x again(); | why", {6, 7}, 0),
        (f"{path} | 2 x again(); | why", {6}, 1),
        ("src/crypto/gone.cpp | x(); | why", set(), 1),
    ]
    failed = 0
    for reasons, idle, expected in cases:
        summary, problems = verdict(reasons, idle)
        if len(problems) != expected:
            print(f"{reasons!r} with lines {idle} not run: expected {expected} problems, found {problems}")
            failed += 1
        missed = summary.missed_goals()
        if missed != (["crypto + session + framing"] if idle else []):
            print(f"lines {idle} not run: missed goals are {missed}")
            failed += 1
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(self_test() if sys.argv[1:] == ["--self-test"] else
             report(*(pathlib.Path(word).resolve() for word in sys.argv[1:3])))
