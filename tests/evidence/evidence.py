#!/usr/bin/env python3
"""Keeps the promises of two pages in step with the tests.

    evidence.py check <project>      docs/threat-model.md names only tests that exist, and docs/bad-input.md is complete
                                     and up to date
    evidence.py generate <project>   writes docs/bad-input.md anew, from the tables beside this file and the tests
    evidence.py self-test            plants a fault of each kind and expects it to be found

sources.py says what a test is, and how its codes are read from its source.
"""
import pathlib
import re
import sys

sys.dont_write_bytecode = True  # the project's folder stays as it is

from sources import Sources, Test, codes_of, functions_of  # noqa: E402

MODEL, PAGE = "docs/threat-model.md", "docs/bad-input.md"
CATALOGUE, NEGATIVES = "tests/evidence/bad_input.txt", "tests/evidence/negatives.txt"
# What each table must have: a letter, the first and the last number. More of a letter may follow.
CATALOGUE_NUMBERS = [("W", 1, 12), ("H", 13, 24), ("R", 25, 34), ("G", 35, 42), ("A", 43, 48), ("S", 49, 55),
                     ("C", 56, 61), ("P", 62, 65), ("N", 66, 70)]
NEGATIVE_NUMBERS = [("", 1, 42)]
INTRODUCTION = """# Bad input

What comes in from outside and must do no harm, and the test that sends it. The result is the error's code, as it stands
in the test's source; where nothing is refused, it says in words what happens instead. That a refusal leaves the state as
it was is part of the tests. Made by `tests/evidence/evidence.py generate`; a test fails when this page is out of date, when
a number is missing, or when a test has no result.
"""
ATTACKS = """## Attacks on the protocol

Forty-two attempts that a reviewer of a messaging protocol should make. The numbers in square brackets in the names of
tests are those of this table.
"""
HEAD = ["| no. | input | test | result |", "|---|---|---|---|"]


def read_table(text: str):
    """Yields (heading or None, number, what, list of (test, result) or the reason why there is none)."""
    for line in text.splitlines():
        if line.startswith("## "):
            yield line[3:], "", "", []
        elif line and not line.startswith("#"):
            number, what, tests = line.split(" | ", 2)
            if tests.startswith("- "):
                yield None, number, what, tests[2:]
            else:
                pairs = [(name, result) for name, _, result in
                         (entry.partition(" => ") for entry in tests.split("; "))]
                yield None, number, what, pairs


def check_numbers(text: str, where: str, wanted, problems: list[str]) -> None:
    numbers = [row[1] for row in read_table(text) if row[0] is None]
    for letter, first, last in wanted:
        problems += [f"{where}: {letter}{number} is missing" for number in range(first, last + 1)
                     if f"{letter}{number}" not in numbers]
    problems += [f"{where}: {number} stands twice" for number in sorted(set(numbers)) if numbers.count(number) > 1]


class Page:
    """The generated page, and what is wrong with its tables."""

    def __init__(self, tests: dict[str, Test], problems: list[str]):
        self.tests, self.problems = tests, problems
        self.rows = self.named = self.waiting = 0
        self.lines: list[str] = []

    def add(self, table: str, where: str) -> None:
        for heading, number, what, tests in read_table(table):
            if heading:
                self.lines += ["", f"### {heading}", "", *HEAD]
            elif isinstance(tests, str):
                self.rows, self.waiting = self.rows + 1, self.waiting + 1
                self.lines.append(f"| {number} | {what} | not yet: {tests} | - |")
            else:
                self.rows += 1
                for place, (name, result) in enumerate(tests):
                    self.add_test(f"{number} | {what}" if place == 0 else " | ", name, result, f"{where}: {number}")

    def add_test(self, first: str, name: str, result: str, where: str) -> None:
        test = self.tests.get(name)
        if test is None:
            self.problems.append(f"{where}: there is no test \"{name}\"")
            return
        if not test.codes and not result:
            self.problems.append(f"{where}: \"{name}\" expects no code: say what happens, with \"=> ...\"")
        if test.codes and result:
            self.problems.append(f"{where}: \"{name}\" expects codes: \"=> {result}\" is too much")
        self.named += 1
        results = ", ".join(f"`{code}`" for code in test.codes) or result
        self.lines.append(f"| {first} | {name} (`{test.path}`) | {results} |")

    def end(self) -> None:
        self.lines += ["", f"{self.rows} rows, {self.named} tests; {self.waiting} rows wait for what is not built.", ""]


def page(root: pathlib.Path, tests: dict[str, Test], problems: list[str]) -> str:
    catalogue = (root / CATALOGUE).read_text(encoding="utf-8")
    negatives = (root / NEGATIVES).read_text(encoding="utf-8")
    check_numbers(catalogue, CATALOGUE, CATALOGUE_NUMBERS, problems)
    check_numbers(negatives, NEGATIVES, NEGATIVE_NUMBERS, problems)
    out = Page(tests, problems)
    out.lines += [*INTRODUCTION.splitlines(), "", "## Catalogue"]
    out.add(catalogue, CATALOGUE)
    out.lines += ["", *ATTACKS.splitlines(), "", *HEAD]
    out.add(negatives, NEGATIVES)
    out.end()
    return "\n".join(out.lines)


def check_model(text: str, known: set[str], problems: list[str]) -> None:
    """Every "cannot" of the model has a line of tests, in quotation marks."""
    for number, line in enumerate(text.splitlines(), 1):
        if not line.startswith("| cannot |"):
            continue
        tests = re.findall(r"\"([^\"]+)\"", line)
        if not tests:
            problems.append(f"{MODEL}:{number}: a \"cannot\" without a test")
        problems += [f"{MODEL}:{number}: there is no test \"{name}\"" for name in tests if name not in known]


def check(root: pathlib.Path) -> list[str]:
    problems: list[str] = []
    tests = Sources(root).tests
    model = (root / MODEL).read_text(encoding="utf-8")
    check_model(model, set(tests), problems)
    if model.count("| cannot |") < 20:
        problems.append(f"{MODEL}: hardly a model")
    if page(root, tests, problems) != (root / PAGE).read_text(encoding="utf-8"):
        problems.append(f"{PAGE} is out of date: tests/evidence/evidence.py generate .")
    return problems


def check_self_test_of_the_model() -> None:
    for text in ('| cannot | read it | |\n', '| cannot | read it | "a test that is not there" |\n'):
        problems: list[str] = []
        check_model(text, {"a test"}, problems)
        assert len(problems) == 1, text
    problems = []
    check_model('| cannot | read it | "a test" |\n| can | do this | |\n', {"a test"}, problems)
    assert not problems


def problems_of(table: str) -> list[str]:
    problems: list[str] = []
    tests = {"one": Test("a.cpp", ["bad_key"]), "two": Test("a.cpp", [])}
    check_numbers(table, "t", [("", 1, 2)], problems)
    Page(tests, problems).add(table, "t")
    return problems


def check_self_test_of_the_tables() -> None:
    good = "# a table\n## A\n1 | x | one; two => ignored\n2 | y | - not built\n3 | z | one\n"
    assert problems_of(good) == [], problems_of(good)
    for bad in (good.replace("2 | y", "4 | y"),              # a number is missing
                good.replace("3 | z", "1 | z"),              # and one stands twice
                good.replace("| one\n", "| three\n"),        # no such test
                good.replace(" => ignored", ""),             # a test without a result
                good.replace("| one\n", "| one => ignored\n")):
        assert len(problems_of(bad)) == 1, (bad, problems_of(bad))


def check_self_test_of_the_sources() -> None:
    text = """
// refuse(Errc::internal) in a comment
void refuse(int n) {
  if (n > 0) { CHECK_ERROR(go(), Errc::bad_key); }
}
Frame example() { return Frame{Errc::rate_limited}; }
struct World {
  void check_it() const { CHECK_ERROR(go("}"), Errc::replayed); }
  void fill() { ignore(Errc::disk_full); }
};
"""
    helpers = functions_of(text)
    assert codes_of("refuse(1); w.check_it(); w.fill(); example();", helpers) == ["bad_key", "replayed"], helpers
    assert codes_of("CHECK(ANOCHAT_E_WRONG_STATE == f());", helpers) == ["wrong_state"]


def self_test() -> None:
    check_self_test_of_the_model()
    check_self_test_of_the_tables()
    check_self_test_of_the_sources()
    print("planted faults are found")


def main() -> int:
    if sys.argv[1] == "self-test":
        self_test()
        return 0
    root = pathlib.Path(sys.argv[2])
    if sys.argv[1] == "generate":
        problems: list[str] = []
        (root / PAGE).write_text(page(root, Sources(root).tests, problems), encoding="utf-8")
    else:
        problems = check(root)
    print("\n".join(problems))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
