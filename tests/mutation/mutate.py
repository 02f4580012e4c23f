#!/usr/bin/env python3
"""Changes the code in small ways and asks the unit tests whether they notice.

usage: mutate.py [--layer session|crypto|framing|all] [--sample N] [--skip N] [--seed N] [--only FILE[:LINE] ...]
                 [--jobs N] [--build FOLDER] [--list]

Every mutant changes one place of one source file: a comparison, an arithmetic or bit operator, a constant, a condition,
a statement that is left out. It is compiled into the layer's unit test programs alone and run; a test that fails, a
crash or a program that does not come to its end kills it. What survives shows what no test looks at. Survivors that
change nothing that can be seen are named in equivalent.txt, by file and text, with the reason; a rate is printed per
layer, and build/mutation/<layer>.txt has a line for every mutant.

Works on copies of the tree in build/mutation, one per job, and never touches the tree itself. A line whose program does
not compile is no mutant and not counted. Exit status 1 when a layer's rate is below 85 %.

To be quick: headers that no mutant changes are compiled once; mutants are taken file by file, headers last, so that
each costs one compilation, and in hundreds, so that what is stopped early is still a fair sample; a changed header is
tried with one test file after the other; and only what the quick test cases let live meets the slow ones.
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
from typing import TextIO

ROOT = pathlib.Path(__file__).resolve().parents[2]
# The unit test programs of each layer; the first one is asked first.
PROGRAMS = {
    "session": ("session", "session_allocation"),
    "crypto": ("crypto",),
    "framing": ("framing", "framing_memory"),
}
LAYERS = tuple(PROGRAMS)
GOAL = 85  # per cent
ARCHIVES = ("ANOCHAT_SODIUM_ARCHIVE", "ANOCHAT_PROTOBUF_ARCHIVE")  # variables that name what need not be fetched
# Limits for a test program. Processor time, because that is the same on a busy machine.
QUICK_CASE = 0.3  # seconds: a test case that takes longer is for the mutants which the others let live
QUICK_LIMIT = 10  # seconds for quick cases, which need 1 together
SLOW_LIMIT = 60  # seconds for the others, which need 5
MEMORY_LIMIT = 4 << 30  # bytes of address space
WALL_LIMIT = 900  # seconds for a program that waits for ever

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
TEST_FILE = re.compile(r"[^\s:]+_test\.cpp\.o\b")
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

    FLAGS = ["-std=c++20", "-O1", "-fPIC", "-Wpedantic", "-D_GLIBCXX_ASSERTIONS"]

    def __init__(self, build: pathlib.Path):
        self.tree, self.build = build / "tree", build / "build"
        self.files: list[str] = []  # object files of tests that pass alone
        self.rounds: list[tuple[str, int, str]] = []  # program, limit in seconds of processor time, option
        self.copy_tree()
        common = self.precompile(build / "common.hpp")
        linker = ["-DCMAKE_EXE_LINKER_FLAGS=-fuse-ld=mold"] if shutil.which("mold") else []
        self.must(["cmake", "-G", "Ninja", "-S", str(self.tree), "-B", str(self.build), "-DCMAKE_BUILD_TYPE=Debug",
                   f"-DCMAKE_CXX_FLAGS_DEBUG={' '.join(self.FLAGS)} -include {common}", "-DCMAKE_CXX_EXTENSIONS=OFF",
                   "-DANOCHAT_WERROR=OFF", "-DANOCHAT_BUILD_EXAMPLES=OFF", "-DANOCHAT_BUILD_TESTS=ON", *linker,
                   *(f"-D{name}={os.environ[name]}" for name in ARCHIVES if os.environ.get(name))])

    def copy_tree(self) -> None:
        """Files that are as before stay, so that nothing is built twice; what a mutant left behind is written anew."""
        names = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, check=True,
                               capture_output=True, text=True).stdout.split("\n")
        wanted = {name for name in names if (ROOT / name).is_file()}
        for old in [path for path in self.tree.rglob("*") if path.is_file()]:
            if str(old.relative_to(self.tree)) not in wanted:
                old.unlink()
        for name in wanted:
            copy, content = self.tree / name, (ROOT / name).read_bytes()
            if not copy.exists() or copy.read_bytes() != content:
                copy.parent.mkdir(parents=True, exist_ok=True)
                copy.write_bytes(content)
                shutil.copymode(ROOT / name, copy)

    def precompile(self, common: pathlib.Path) -> pathlib.Path:
        """Compiles the public headers and the library's once: mutants are all in src."""
        standard = ("algorithm", "array", "charconv", "chrono", "map", "optional", "random", "set", "span", "string",
                    "variant", "vector")
        public = [path.relative_to(self.tree / "include") for layer in ("base", *LAYERS)
                  for path in sorted((self.tree / "include/anochat" / layer).glob("*.hpp"))]
        # Libraries that are built along are of an older C++ and take nothing of it.
        text = "".join(f"#include <{name}>\n" for name in (*standard, *public))
        text = f"#if __cplusplus > 201703L && __has_include(<{public[0]}>)\n{text}#endif  // {self.FLAGS}\n"
        if not common.exists() or common.read_text() != text:
            common.write_text(text)
        compiled = common.with_name("common.hpp.gch")
        newest = max(path.stat().st_mtime for path in (common, *self.tree.glob("include/anochat/*/*.hpp")))
        if not compiled.exists() or compiled.stat().st_mtime < newest:
            include = ["-I", str(self.tree / "include")]
            self.must(["c++", *self.FLAGS, *include, "-x", "c++-header", str(common), "-o", str(compiled)])
        return common

    @staticmethod
    def must(command: list[str]) -> None:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            sys.exit(f"{' '.join(command)}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")

    def prepare(self, layer: str) -> None:
        """Builds the unchanged tests, sees them pass, and plans the rounds: quick cases first, then everything else."""
        built = self.compiles(layer, CCACHE_SLOPPINESS="pch_defines,time_macros")
        self.rounds = [(name, SLOW_LIMIT, "--duration=true") for name in PROGRAMS[layer]]
        output = self.tests_pass(layer) if built else None
        if output is None:
            sys.exit(f"the unchanged tests of {layer} do not pass")
        times = re.findall(r"^([0-9.]+) s: (.*)$", output, re.MULTILINE)
        slow = ",".join(re.sub(r'[,"\\]', "?", name) for seconds, name in times if float(seconds) > QUICK_CASE)
        self.rounds = [(layer, QUICK_LIMIT, f"--test-case-exclude={slow}"), *self.rounds[1:],
                       (layer, SLOW_LIMIT, f"--test-case={slow or 'none'}")]
        self.files = [file for file in sorted(set(TEST_FILE.findall(self.link_command(layer))))
                      if (program := self.link_alone(layer, file)) and self.run(program, *self.rounds[0][1:])]

    def build_targets(self, *targets: str, **variables: str) -> bool:
        return subprocess.run(["ninja", "-C", self.build, "-j1", *targets], capture_output=True, check=False,
                              env=os.environ | variables).returncode == 0

    def compiles(self, layer: str, **variables: str) -> bool:
        return self.build_targets(*(f"anochat_{name}_tests" for name in PROGRAMS[layer]), **variables)

    def link_command(self, layer: str) -> str:
        return subprocess.run(["ninja", "-C", self.build, "-t", "commands", "-s", f"anochat_{layer}_tests"], check=True,
                              text=True, capture_output=True).stdout

    def link_alone(self, layer: str, file: str) -> pathlib.Path | None:
        """The layer's test program with one test file only."""
        program = self.build / "one_file"
        command = TEST_FILE.sub(lambda match: match[0] if match[0] == file else "", self.link_command(layer))
        command = command.replace(f"-o tests/unit/{layer}/anochat_{layer}_tests", f"-o {program}")
        program.unlink(missing_ok=True)
        subprocess.run(command, shell=True, cwd=self.build, capture_output=True, check=False)
        return program if program.exists() else None

    def dies_of_one_file(self, header: pathlib.Path, layer: str) -> bool:
        """Most mutants of a header die of the tests of the same name: the other test files need no compiling."""
        for file in sorted(self.files, key=lambda name: header.stem not in name):
            if not self.build_targets(f"anochat_{layer}", file, CCACHE_DISABLE="1"):
                return False
            program = self.link_alone(layer, file)
            if program and self.run(program, *self.rounds[0][1:]) is None:
                return True
        return False

    def run(self, program: pathlib.Path, cpu_seconds: int, option: str) -> str | None:
        """What a test program prints, or nothing when a test fails, crashes, or comes to no end."""
        limits = ["prlimit", f"--cpu={cpu_seconds}", f"--as={MEMORY_LIMIT}", "--core=0"]
        try:
            done = subprocess.run([*limits, program, "--abort-after=1", "--no-breaks", option], capture_output=True,
                                  text=True, errors="replace", timeout=WALL_LIMIT, cwd=self.build, check=False,
                                  env={"ANOCHAT_TEST_DATA": str(self.tree / "tests"), "PATH": "/usr/bin:/bin"})
        except subprocess.TimeoutExpired:
            return None
        return done.stdout if done.returncode == 0 else None

    def tests_pass(self, layer: str) -> str | None:
        output = ""
        for name, cpu_seconds, option in self.rounds:
            printed = self.run(self.build / "tests/unit" / layer / f"anochat_{name}_tests", cpu_seconds, option)
            if printed is None:
                return None
            output += printed
        return output

    def judge(self, mutant: Mutant, layer: str) -> str:
        file = self.tree / mutant.path
        original = file.read_text()
        lines = original.splitlines(keepends=True)
        lines[mutant.line - 1] = mutant.new + "\n"
        file.write_text("".join(lines))
        try:
            if mutant.path.suffix == ".hpp" and self.dies_of_one_file(mutant.path, layer):
                return "killed"
            if not self.compiles(layer, CCACHE_DISABLE="1"):
                return "no mutant"
            return "killed" if self.tests_pass(layer) is None else "survived"
        finally:
            file.write_text(original)


def layer_files(layer: str) -> list[pathlib.Path]:
    folder = ROOT / "src" / layer
    return sorted(path.relative_to(ROOT) for path in folder.glob("*.?pp"))


def judge_all(benches: list[Bench], mutants: list[Mutant], layer: str,
              equivalents: set[tuple[str, str]], journal: TextIO) -> collections.Counter:
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
        print(f"{verdict}: {mutant}", file=journal, flush=True)
        if verdict == "survived":
            print(f"  survived: {mutant}", flush=True)
        return verdict

    with concurrent.futures.ThreadPoolExecutor(len(benches)) as pool:
        return collections.Counter(pool.map(judge, mutants))


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--layer", choices=(*LAYERS, "all"), default="all")
    arguments.add_argument("--sample", type=int, default=60, help="mutants per layer; 0: all of them")
    arguments.add_argument("--skip", type=int, default=0, help="leave out that many of the sample's order")
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--only", nargs="+", metavar="FILE[:LINE]", help="the mutants of these files and lines")
    arguments.add_argument("--jobs", type=int, choices=range(1, 65), metavar="N", default=os.cpu_count(),
                           help="mutants that are judged at once, each in a copy of the tree")
    arguments.add_argument("--build", type=pathlib.Path, default=ROOT / "build/mutation")
    arguments.add_argument("--list", action="store_true", help="only say how many mutants there are")
    chosen = arguments.parse_args()
    equivalents = read_equivalents()
    layers = LAYERS if chosen.layer == "all" else (chosen.layer,)
    benches = [] if chosen.list else [Bench(chosen.build / str(job)) for job in range(1, chosen.jobs + 1)]
    below = 0
    all_mutants = {layer: [m for path in layer_files(layer) for m in mutants_of(path)] for layer in LAYERS}
    gone = equivalents - {m.key() for mutants in all_mutants.values() for m in mutants}
    if gone:
        lines = "\n".join(" | ".join(key) for key in sorted(gone))
        sys.exit(f"equivalent.txt names what is no mutant any more:\n{lines}")
    for layer in layers:
        mutants = all_mutants[layer]
        if chosen.only:
            mutants = [m for m in mutants if {str(m.path), f"{m.path}:{m.line}"} & set(chosen.only)]
        total = len(mutants)
        print(f"{layer}: {total} mutants in {len(layer_files(layer))} files", flush=True)
        if not benches:
            continue
        random.Random(chosen.seed).shuffle(mutants)
        if not chosen.only:
            mutants = mutants[chosen.skip:][: chosen.sample or total]
        for bench in benches:
            bench.prepare(layer)
        mutants = [m for start in range(0, len(mutants), 100)
                   for m in sorted(mutants[start: start + 100], key=lambda m: (m.path.suffix, m.path, m.line))]
        with open(chosen.build / f"{layer}.txt", "w") as journal:
            counts = judge_all(benches, mutants, layer, equivalents, journal)
        looked_at = counts["killed"] + counts["survived"]
        rate = 100 * counts["killed"] / looked_at if looked_at else 0.0
        print(f"{layer}: {counts['killed']} of {looked_at} killed ({rate:.0f} %), {counts['equivalent']} equivalent, "
              f"{counts['no mutant']} did not compile", flush=True)
        below += rate < GOAL
    return 1 if below else 0


if __name__ == "__main__":
    sys.exit(main())
