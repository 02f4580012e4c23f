#!/usr/bin/env python3
"""Keeps the promises of two pages in step with the tests.

    evidence.py check <project>      docs/threat-model.md names only tests that exist, and docs/bad-input.md is up to date
    evidence.py generate <project>   writes docs/bad-input.md anew, from tests/evidence/bad_input.txt and the tests
    evidence.py self-test            plants a fault of each kind and expects it to be found

A test is a doctest case, known by its name, or a ctest entry of tests/. What a case expects is read from its source: the
codes (Errc::...) that stand in it.
"""
import pathlib
import re
import sys

CASE = re.compile(r'^TEST_CASE\("((?:[^"\\]|\\.)*)"\)', re.M)
MODEL, PAGE, TABLE = "docs/threat-model.md", "docs/bad-input.md", "tests/evidence/bad_input.txt"


class Case:
    def __init__(self, path: str, body: str):
        self.path, self.codes = path, list(dict.fromkeys(re.findall(r"Errc::(\w+)", body)))


def read_cases(root: pathlib.Path) -> dict[str, Case]:
    cases = {}
    for path in sorted(root.glob("tests/**/*.[ch]pp")):
        text = path.read_text(encoding="utf-8")
        found = list(CASE.finditer(text))
        for number, match in enumerate(found):
            end = found[number + 1].start() if number + 1 < len(found) else len(text)
            cases[match[1]] = Case(str(path.relative_to(root)), text[match.start():end])
    return cases


def read_ctest_names(root: pathlib.Path) -> set[str]:
    text = "\n".join(path.read_text() for path in root.glob("tests/**/CMakeLists.txt"))
    return set(re.findall(r"add_test\(NAME ([\w.]+)", text)) | {
        f"storage.{name}" for name in re.findall(r"anochat_add_storage_campaign\((\w+)", text)} | {
        f"fuzz.{name}" for name in re.findall(r"anochat_add_fuzzer\((\w+)", text)}


def read_table(root: pathlib.Path):
    """Yields (heading or None, number, what, list of tests or reason)."""
    for line in (root / TABLE).read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            yield line[3:], None, None, None
        elif line and not line.startswith("#"):
            number, what, tests = line.split(" | ", 2)
            yield None, number, what, tests[2:] if tests.startswith("- ") else tests.split("; ")


def page(root: pathlib.Path, cases: dict[str, Case], problems: list[str]) -> str:
    out = ["# Bad input", "", "What comes in from outside and must do no harm, and the test that sends it. A refusal has one of the codes",
           "that stand in the test's source; where there is none, the input is a value on an ordinary day (an event, an empty result)",
           "or is ignored. That a refusal leaves the state as it was is part of the tests. Made by",
           "`tests/evidence/evidence.py generate`; a test fails when it is out of date.", ""]
    count = 0
    for heading, number, what, tests in read_table(root):
        if heading:
            out += ["", f"## {heading}", "", "| no. | input | test | codes |", "|---|---|---|---|"]
        elif isinstance(tests, str):
            out.append(f"| {number} | {what} | not yet: {tests} | |")
        else:
            for place, name in enumerate(tests):
                case = cases.get(name)
                if case is None:
                    problems.append(f"{TABLE}: {number}: there is no test \"{name}\"")
                    continue
                count += 1
                codes = ", ".join(f"`{code}`" for code in case.codes) or "-"
                first = f"{number} | {what}" if place == 0 else " | "
                out.append(f"| {first} | {name} (`{case.path}`) | {codes} |")
    return "\n".join([*out, "", f"{count} tests are named here.", ""]).replace("\n\n\n", "\n\n")


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
    cases = read_cases(root)
    known = set(cases) | read_ctest_names(root)
    model = (root / MODEL).read_text(encoding="utf-8")
    check_model(model, known, problems)
    if model.count("| cannot |") < 20:
        problems.append(f"{MODEL}: hardly a model")
    if page(root, cases, problems) != (root / PAGE).read_text(encoding="utf-8"):
        problems.append(f"{PAGE} is out of date: tests/evidence/evidence.py generate .")
    return problems


def self_test() -> None:
    for text in ('| cannot | read it | |\n', '| cannot | read it | "a test that is not there" |\n'):
        problems: list[str] = []
        check_model(text, {"a test"}, problems)
        assert len(problems) == 1, text
    problems = []
    check_model('| cannot | read it | "a test" |\n| can | do this | |\n', {"a test"}, problems)
    assert not problems
    assert [match[1] for match in CASE.finditer('TEST_CASE("one") {\n}\nTEST_CASE("two") {')] == ["one", "two"]
    print("planted faults are found")


def main() -> int:
    if sys.argv[1] == "self-test":
        self_test()
        return 0
    root = pathlib.Path(sys.argv[2])
    if sys.argv[1] == "generate":
        problems: list[str] = []
        (root / PAGE).write_text(page(root, read_cases(root), problems), encoding="utf-8")
    else:
        problems = check(root)
    print("\n".join(problems))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
