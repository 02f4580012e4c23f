#!/usr/bin/env python3
"""Changes the code in small ways and asks the unit tests whether they notice.

usage: mutate.py [--layer session|crypto|framing|all] [--sample N] [--seed N] [--only FILE:LINE] [--jobs N]
                 [--build FOLDER] [--list]

Every mutant changes one place of one source file: a comparison, an arithmetic or bit operator, a constant, a condition, a
statement that is left out. It is compiled into the layer's unit test program alone and run; a test that fails, a crash or
a program that does not come to its end kills it. What survives shows what no test looks at. Survivors that change nothing
that can be seen are named in equivalent.txt, by file and text, with the reason; a rate is printed per layer.

Works on copies of the tree in build/mutation, one per job, and never touches the tree itself. A line whose program does
not compile is no mutant and not counted. Exit status 1 when a layer's rate is below 85 %.
"""
import argparse
import collections
import concurrent.futures
import dataclasses
import os
import pathlib
import queue
import random
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
LAYERS = ("session", "crypto", "framing")
GOAL = 85  # per cent
TIMEOUT = 60  # seconds for a test program that needs 5

# (what is looked for, what stands in its place). Only outside of comments, strings and includes.
OPERATORS = [
    (r" < (?!<)", " <= "), (r" <= ", " < "), (r" > (?!>)", " >= "), (r" >= ", " > "),
    (r" == ", " != "), (r" != ", " == "), (r" && ", " || "), (r" \|\| ", " && "),
    (r" \+ (?!\+)", " - "), (r" - (?!-)", " + "), (r" \* (?=[\w(])", " + "), (r" % ", " / "),
    (r" \+= ", " -= "), (r" -= ", " += "), (r" << ", " >> "), (r" >> ", " << "),
    (r" \^ ", " | "), (r" \^= ", " |= "), (r" & (?=[\w(~])", " | "), (r" \| (?=[\w(])", " & "), (r" \|= ", " &= "),
    (r"\+\+(?=\w)", "--"), (r"(?<=\w)\+\+", "--"),
    (r"\btrue\b", "false"), (r"\bfalse\b", "true"),
    (r"(?<=\()!(?=\w)", ""), (r"\bif \((?!!)(?=[^;{]*\) )", "if (!"),
    (r"(?<![\w.x'])0(?![\w.x'])", "1"), (r"(?<![\w.x'])1(?![\w.x'U])", "2"),
    (r"\bstd::min\b", "std::max"), (r"\bstd::max\b", "std::min"),
]
# A whole statement that is left out: a call, or an assignment to a member.
STATEMENT = re.compile(r"^(\s+)((?!return|using|throw|break|case|default|const|auto|static_cast<void>|public|private)"
                       r"[\w:.>\-\[\]*()]+(?: [+\-|&^]?= .*|\(.*\));)\s*(?://.*)?$")


@dataclasses.dataclass
class Mutant:
    path: pathlib.Path  # relative to the tree
    line: int           # from 1
    old: str
    new: str

    def key(self) -> tuple[str, str]:
        return str(self.path), f"{self.old.strip()} -> {self.new.strip()}"

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.old.strip()}  ->  {self.new.strip() or '(left out)'}"


def code_spans(line: str) -> str:
    """The line with comments and literals blanked, so that places stay the same."""
    line = re.sub(r'"(?:\\.|[^"\\])*"', lambda m: '"' + "~" * (len(m[0]) - 2) + '"', line)
    return re.sub(r"//.*", lambda m: "~" * len(m[0]), line)


def mutants_of(path: pathlib.Path) -> list[Mutant]:
    found = []
    for number, line in enumerate((ROOT / path).read_text().splitlines(), 1):
        text = code_spans(line)
        is_declaration = re.match(r"\s*(#|static_assert|template|namespace|using|//|\[\[nodiscard\]\]|}|$)", text)
        if is_declaration or "static_assert" in text:
            continue
        for pattern, replacement in OPERATORS:
            for match in re.finditer(pattern, text):
                new = line[: match.start()] + replacement + line[match.end():]
                if replacement == "if (!":
                    new = negated(line, match.start())
                if new and new != line:
                    found.append(Mutant(path, number, line, new))
        statement = STATEMENT.match(text)
        if statement and "~" not in statement[2]:
            found.append(Mutant(path, number, line, statement[1] + ";"))
    return found


def negated(line: str, start: int) -> str:
    """The line with its whole `if (condition)` turned round."""
    begin = line.index("(", start)
    depth = 0
    for place in range(begin, len(line)):
        depth += {"(": 1, ")": -1}.get(line[place], 0)
        if depth == 0:
            inner = line[begin + 1: place]
            return line[: begin + 1] + "!(" + inner + ")" + line[place:] if ";" not in inner else ""
    return ""


def read_equivalents() -> set[tuple[str, str]]:
    """Lines of `path | old text -> new text | reason`."""
    known = set()
    for line in (ROOT / "tests/mutation/equivalent.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            path, change, reason = line.split(" | ", 2)
            assert reason, line
            known.add((path, change))
    return known


class Bench:
    """A copy of the tree, configured with nothing but what the three layers' tests need."""

    def __init__(self, build: pathlib.Path):
        self.tree, self.build = build / "tree", build / "build"
        build.mkdir(parents=True, exist_ok=True)
        if self.tree.exists():
            shutil.rmtree(self.tree)
        names = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, check=True,
                               capture_output=True, text=True).stdout.split("\n")
        for name in filter(None, names):
            if (ROOT / name).is_file():
                (self.tree / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / name, self.tree / name)  # as of now: newer than an earlier mutant's object
        options = ["-DCMAKE_BUILD_TYPE=Debug", "-DCMAKE_CXX_FLAGS_DEBUG=-O1 -D_GLIBCXX_ASSERTIONS", "-DANOCHAT_WERROR=OFF",
                   "-DANOCHAT_BUILD_EXAMPLES=OFF", "-DANOCHAT_BUILD_TESTS=ON"]
        self.must(["cmake", "-G", "Ninja", "-S", str(self.tree), "-B", str(self.build), *options])

    @staticmethod
    def must(command: list[str]) -> None:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            sys.exit(f"{' '.join(command)}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")

    def compiles(self, layer: str) -> bool:
        target = f"anochat_{layer}_tests"
        return subprocess.run(["cmake", "--build", str(self.build), "--target", target], capture_output=True,
                              check=False).returncode == 0

    def passes(self, layer: str) -> bool:
        program = self.build / "tests/unit" / layer / f"anochat_{layer}_tests"
        try:
            return subprocess.run([program, "--abort-after=1", "--no-breaks"], capture_output=True, timeout=TIMEOUT,
                                  cwd=self.build, check=False,
                                  env={"ANOCHAT_TEST_DATA": str(self.tree / "tests"), "PATH": "/usr/bin:/bin"}).returncode == 0
        except subprocess.TimeoutExpired:
            return False

    def judge(self, mutant: Mutant, layer: str) -> str:
        file = self.tree / mutant.path
        original = file.read_text()
        lines = original.splitlines(keepends=True)
        lines[mutant.line - 1] = mutant.new + "\n"
        file.write_text("".join(lines))
        try:
            if not self.compiles(layer):
                return "no mutant"
            return "survived" if self.passes(layer) else "killed"
        finally:
            file.write_text(original)


def layer_files(layer: str) -> list[pathlib.Path]:
    folder = ROOT / "src" / layer
    return sorted(path.relative_to(ROOT) for path in folder.glob("*.?pp"))


def judge_all(benches: list[Bench], mutants: list[Mutant], layer: str,
              equivalents: set[tuple[str, str]]) -> collections.Counter:
    """How many mutants met which end. Each bench looks at one mutant at a time; survivors are printed as they come."""
    idle: queue.Queue[Bench] = queue.Queue()
    for bench in benches:
        idle.put(bench)

    def judge(mutant: Mutant) -> str:
        if mutant.key() in equivalents:
            return "equivalent"
        bench = idle.get()
        try:
            verdict = bench.judge(mutant, layer)
        finally:
            idle.put(bench)
        if verdict == "survived":
            print(f"  survived: {mutant}", flush=True)
        return verdict

    with concurrent.futures.ThreadPoolExecutor(len(benches)) as pool:
        return collections.Counter(pool.map(judge, mutants))


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--layer", choices=(*LAYERS, "all"), default="all")
    arguments.add_argument("--sample", type=int, default=60, help="mutants per layer; 0: all of them")
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--only", help="FILE:LINE")
    arguments.add_argument("--jobs", type=int, choices=range(1, 65), metavar="N", default=os.cpu_count(),
                           help="mutants that are judged at once, each in a copy of the tree")
    arguments.add_argument("--build", type=pathlib.Path, default=ROOT / "build/mutation")
    arguments.add_argument("--list", action="store_true", help="only say how many mutants there are")
    chosen = arguments.parse_args()
    equivalents = read_equivalents()
    layers = LAYERS if chosen.layer == "all" else (chosen.layer,)
    benches = [] if chosen.list else [Bench(chosen.build / str(job)) for job in range(1, chosen.jobs + 1)]
    below = 0
    for layer in layers:
        mutants = [m for path in layer_files(layer) for m in mutants_of(path)]
        if chosen.only:
            mutants = [m for m in mutants if f"{m.path}:{m.line}" == chosen.only]
        total = len(mutants)
        print(f"{layer}: {total} mutants in {len(layer_files(layer))} files", flush=True)
        if not benches:
            continue
        random.Random(chosen.seed).shuffle(mutants)
        if chosen.sample and not chosen.only:
            mutants = mutants[: chosen.sample]
        if not all(bench.compiles(layer) and bench.passes(layer) for bench in benches):
            sys.exit(f"the unchanged tests of {layer} do not pass")
        counts = judge_all(benches, mutants, layer, equivalents)
        looked_at = counts["killed"] + counts["survived"]
        rate = 100 * counts["killed"] / looked_at if looked_at else 0.0
        print(f"{layer}: {counts['killed']} of {looked_at} killed ({rate:.0f} %), {counts['equivalent']} equivalent, "
              f"{counts['no mutant']} did not compile", flush=True)
        below += rate < GOAL
    return 1 if below else 0


if __name__ == "__main__":
    sys.exit(main())
