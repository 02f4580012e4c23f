"""Reads the tests: which there are, and which codes each of them expects.

A test is known by its name: a doctest case, a function of a Python test file (test_...), a part of a C program
("c.sweep handle": a function of one of its files), or a ctest entry. The codes are those that stand in its source and in
the functions of its file, or of the headers beside it, that it calls: Errc::..., ANOCHAT_E_..., and in Python the
exception classes.
"""
import ast
import pathlib
import re

CASE = re.compile(r'^TEST_CASE\("((?:[^"\\]|\\.)*)"\)', re.M)
FUNCTION = re.compile(r"^( *)[A-Za-z\[][^;{}=#]*?\b(\w+)\([^;{}]*\)[^;{}()]*\{", re.M)
CHECKER = re.compile(r"(check|expect|refuse)")  # of the functions of classes, only those that are for this
MACRO = re.compile(r"^#define (\w+)\(.*(?:\\\n.*)*", re.M)
LITERAL = re.compile(r'//[^\n]*|/\*.*?\*/|R"(\w*)\((?:.*?)\)\1"|"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)+\'', re.S)
ERRC = re.compile(r"\bErrc::(\w+)|\bANOCHAT_E_(\w+)")
EXCEPTION = re.compile(r"\banochat\.([A-Z]\w+)|\b(TypeError|ValueError|OverflowError|BufferError|AttributeError|"
                       r"UnicodeEncodeError)\b")
JUDGES = re.compile(r"CHECK|REQUIRE|EXPECT|code|return Errc")  # other functions may name a code as an example
NOT_FUNCTIONS = {"if", "for", "while", "switch", "catch", "return"}
# What a fixture says in passing is not what a case expects.
BEYOND = {"CHECK_ERROR", "main"}


class Test:
    def __init__(self, path: str, codes: list[str]):
        self.path, self.codes = path, codes


def snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def without_literals(text: str) -> str:
    """The same length, so that places stay: what stands in quotes or comments is blank."""
    return LITERAL.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)


def block_end(bare: str, start: int) -> int:
    """The place after the brace that closes the first one from here on."""
    depth = 0
    for match in re.finditer(r"[{}]", bare[start:]):
        depth += 1 if match[0] == "{" else -1
        if depth == 0:
            return start + match.end()
    return len(bare)


def functions_of(text: str) -> dict[str, str]:
    """Bodies by name; overloads together."""
    bare = without_literals(text)
    found: dict[str, str] = {}
    for match in FUNCTION.finditer(bare):
        is_wanted = CHECKER.match(match[2]) if match[1] else match[2] != "TEST_CASE"
        if is_wanted and match[2] not in NOT_FUNCTIONS:
            found[match[2]] = found.get(match[2], "") + bare[match.start():block_end(bare, match.end() - 1)]
    for match in MACRO.finditer(bare):
        found[match[1]] = found.get(match[1], "") + match[0]
    return found


def codes_in(text: str) -> list[str]:
    return [(match[1] or match[2]).lower() for match in ERRC.finditer(text)]


def codes_of(body: str, helpers: dict[str, str]) -> list[str]:
    """The codes of a body, then of what it calls, in the order in which they are met."""
    codes, seen, waiting = codes_in(body), set(BEYOND), [body]
    while waiting:
        part = waiting.pop(0)
        codes += codes_in(part) if JUDGES.search(part) else []
        for name in re.findall(r"\b(\w+)\s*(?:<[^;(){}]*>)?\(", part):
            if name in helpers and name not in seen:
                seen.add(name)
                waiting.append(helpers[name])
    return [code for code in dict.fromkeys(codes) if code != "ok"]


class Sources:
    """All tests of a project."""

    def __init__(self, root: pathlib.Path):
        self.root = root
        self.tests: dict[str, Test] = {}
        for path in sorted(root.glob("tests/**/*.[ch]pp")):
            self.read_cases(path)
        for path in sorted([*root.glob("tests/python/test_*.py"), *root.glob("examples/python/**/test_*.py")]):
            self.read_python(path)
        self.read_ctest()

    def place(self, path: pathlib.Path) -> str:
        return str(path.relative_to(self.root))

    def helpers(self, path: pathlib.Path, text: str) -> dict[str, str]:
        """The functions of a file, and of the headers of its own folder that it includes."""
        found: dict[str, str] = {}
        for name in re.findall(r'^#include "([^"]+)"', text, re.M):
            header = path.parent / pathlib.Path(name).name
            if header.is_file() and header != path:
                found |= functions_of(header.read_text(encoding="utf-8"))
        return found | functions_of(text)

    def read_cases(self, path: pathlib.Path) -> None:
        text = path.read_text(encoding="utf-8")
        cases = list(CASE.finditer(text))
        if not cases:
            return
        bare, helpers = without_literals(text), self.helpers(path, text)
        for match in cases:
            body = bare[match.end():block_end(bare, match.end())]
            self.tests[match[1]] = Test(self.place(path), codes_of(body, helpers))

    def read_python(self, path: pathlib.Path) -> None:
        text = path.read_text(encoding="utf-8")
        lines = text.splitlines()
        for node in ast.parse(text).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
                body = "\n".join(lines[first - 1:node.end_lineno])
                raised = "\n".join(line for line in body.splitlines() if "rais" in line or "except" in line or
                                   "error" in line.lower())
                codes = [snake(match[1]) if match[1] else match[2] for match in EXCEPTION.finditer(raised)]
                known = [code for code in dict.fromkeys(codes) if code not in ("an_o_chat_error", "ano_chat_error")]
                self.tests[f"{path.stem}.{node.name}"] = Test(self.place(path), known)

    def read_ctest(self) -> None:
        for path in sorted(self.root.glob("tests/**/CMakeLists.txt")):
            text = path.read_text(encoding="utf-8")
            names = re.findall(r"add_test\(NAME ([\w.]+)", text)
            names += [f"storage.{name}" for name in re.findall(r"anochat_add_storage_campaign\((\w+)", text)]
            names += [f"fuzz.{name}" for name in re.findall(r"anochat_add_fuzzer\((\w+)", text)]
            for name in names:
                self.tests.setdefault(name, Test(self.place(path), []))
            for name, source in re.findall(r"anochat_add_c_test\((\w+) (\w+\.c)", text):
                self.read_c(f"c.{name}", path.parent / source)

    def read_c(self, name: str, path: pathlib.Path) -> None:
        """A C program, and its parts by the names of their functions; those of a script that writes it count too."""
        self.tests[name] = Test(self.place(path), [])
        text = path.read_text(encoding="utf-8")
        helpers = functions_of(text)
        for part, body in helpers.items():
            self.tests[f"{name} {part}"] = Test(self.place(path), codes_of(body, helpers))
        script = path.with_suffix(".py")
        if script.is_file():
            self.read_script(name, script)

    def read_script(self, name: str, path: pathlib.Path) -> None:
        text = path.read_text(encoding="utf-8")
        constants = dict(re.findall(r'^(\w+) = "(ANOCHAT_E_\w+)"', text, re.M))
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                body = ast.get_source_segment(text, node) or ""
                for constant, code in constants.items():
                    body = re.sub(rf"\b{constant}\b", code, body)
                if re.search(r"\brefuse\(", body):  # whose own default is the first constant
                    body += " ".join(constants.values())
                self.tests[f"{name} {node.name}"] = Test(self.place(path), list(dict.fromkeys(codes_in(body))))
