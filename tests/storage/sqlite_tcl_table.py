#!/usr/bin/env python3
"""Compares the logs of sqlite_tcl.sh: one run of SQLite's tests over the plain VFS, one over ours.

usage: sqlite_tcl_table.py <folder with plain/ and sealed/> <sqlite_tcl_differences.txt> [--all] [--tests]

--all shows the files that are equal as well, --tests every differing test of a file with what it got.

Two results are equal when the same tests failed and the file came to its end, or broke off after the same tests.
Exit status 1 when a file differs without an explanation.
"""
import collections
import pathlib
import re
import sys


class Result:
    def __init__(self, log: pathlib.Path):
        text = log.read_text(errors="replace")
        total = re.search(r"^(\d+) errors out of (\d+) tests", text, re.M)
        failed = re.search(r"^!Failures on these tests:(.*)", text, re.M)
        self.is_complete = total is not None
        begun = re.findall(r"^([\w.-]+)\.\.\.", text, re.M)
        self.tests = int(total[2]) if total else len(begun)
        if total:
            self.failed = collections.Counter(failed[1].split() if failed else [])
        else:  # it broke off: what was begun and is not followed by "Ok" on its line
            self.failed = collections.Counter(re.findall(r"^([\w.-]+)\.\.\.(?! *Ok| *Omitted)", text, re.M))

        self.answers = dict(re.findall(r"^! (\S+) got: +(.*)$", text, re.M) +
                            re.findall(r"^([\w.-]+)\.\.\.\n(?:Error|! \S+ error): *(.*)$", text, re.M))

    def __str__(self):
        return f"{sum(self.failed.values())}/{self.tests}{'' if self.is_complete else ' broke off'}"


def read_explanations(path: pathlib.Path) -> dict[str, str]:
    lines = (line.strip() for line in path.read_text().splitlines())
    return dict(line.split(None, 1) for line in lines if line and not line.startswith("#"))


def print_tests(side: str, names: collections.Counter, result: Result) -> None:
    """Tests with the same answer on one line."""
    groups = collections.defaultdict(list)
    for name in names:
        groups[result.answers.get(name, "no answer")[:100]].append(name)
    for answer, tests in groups.items():
        print(f"    only {side}, {len(tests)} x {answer}: {' '.join(tests[:8])}{' ...' if len(tests) > 8 else ''}")


def main() -> int:
    runs, explanations = pathlib.Path(sys.argv[1]), read_explanations(pathlib.Path(sys.argv[2]))
    names = sorted(log.stem for log in (runs / "plain").glob("*.log") if (runs / "sealed" / log.name).exists())
    equal = tests = differing_tests = unexplained = 0
    print(f"{'file':24}{'plain':>18}{'sealed':>18}  only sealed / only plain fails")
    for name in names:
        plain, sealed = (Result(runs / kind / f"{name}.log") for kind in ("plain", "sealed"))
        tests += sealed.tests
        only_sealed, only_plain = sealed.failed - plain.failed, plain.failed - sealed.failed
        is_equal = (plain.failed, plain.tests, plain.is_complete) == (sealed.failed, sealed.tests, sealed.is_complete)
        equal += is_equal
        differing_tests += sum((only_sealed + only_plain).values())
        has_run = plain.tests > 0  # else the program did not start at all, on either side
        unexplained += not has_run or (not is_equal and name not in explanations)
        if not is_equal or not has_run or "--all" in sys.argv:
            why = "DID NOT RUN" if not has_run else "equal" if is_equal else explanations.get(name, "NOT EXPLAINED")
            counts = f"{sum(only_sealed.values())} / {sum(only_plain.values())}"
            print(f"{name:24}{plain!s:>18}{sealed!s:>18}  {counts:10} {why}")
            if "--tests" in sys.argv:
                print_tests("sealed", only_sealed, sealed)
                print_tests("plain", only_plain, plain)
    print(f"{len(names)} files, {tests} tests over stores; {equal} files equal, {len(names) - equal} differ in "
          f"{differing_tests} tests; {unexplained} files not explained")
    return 1 if unexplained else 0


if __name__ == "__main__":
    sys.exit(main())
