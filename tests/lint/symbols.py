#!/usr/bin/env python3
"""Checks that our archives and shared libraries disturb nobody else's symbols.

    symbols.py <nm> <symbols.txt> <archive or shared library ...>
    symbols.py --self-test <nm> <symbols.txt> <C compiler>

In an archive, every strong global symbol must carry our name, and none of libsodium's own names may appear, neither
defined nor wanted. A shared library must export anochat_* and nothing else.
"""
import os
import subprocess
import sys
import tempfile


def problems(nm, sodium, path):
    """Yields what is wrong with one file."""
    is_shared = ".so" in os.path.basename(path)
    arguments = [nm, "-P", "-g"] + (["-D", "--defined-only"] if is_shared else []) + [path]
    for line in subprocess.run(arguments, check=True, capture_output=True, text=True).stdout.splitlines():
        fields = line.split()
        if len(fields) < 2 or len(fields[1]) != 1:
            continue  # "archive[member]:"
        name, kind = fields[0], fields[1]
        if is_shared:
            if not name.startswith("anochat_"):
                yield f"exports {name}"
        elif name in sodium:
            yield f"{'wants' if kind == 'U' else 'defines'} libsodium's {name}"
        elif kind not in "UWVwvu" and "anochat" not in name:
            yield f"defines {name}, which does not carry our name"


def check(nm, sodium, paths):
    failed = False
    for path in paths:
        for problem in sorted(set(problems(nm, sodium, path))):
            print(f"{os.path.basename(path)}: {problem}")
            failed = True
    return failed


def self_test(nm, sodium, compiler):
    cases = {
        "int anochat_fine(void) { return 0; } static int hidden(void) { return 1; } int (*anochat_p)(void) = hidden;": 0,
        "int sodium_init(void) { return 0; }": 1,
        "int crypto_box(void); int anochat_call(void) { return crypto_box(); }": 1,
        "int helper(void) { return 0; }": 1,
    }
    with tempfile.TemporaryDirectory() as folder:
        for text, expected in cases.items():
            source, target = os.path.join(folder, "a.c"), os.path.join(folder, "a.o")
            with open(source, "w", encoding="utf-8") as file:
                file.write(text)
            subprocess.run([compiler, "-c", source, "-o", target], check=True)
            assert len(list(problems(nm, sodium, target))) == expected, text
            shared = os.path.join(folder, "a.so")
            subprocess.run([compiler, "-shared", "-fPIC", "-Wl,--unresolved-symbols=ignore-all", source, "-o", shared],
                           check=True)
            exports_other = "sodium_init" in text or "helper" in text
            assert bool(list(problems(nm, sodium, shared))) == exports_other, f"shared: {text}"
    print(f"{len(cases)} cases judged as expected")


def main():
    is_self_test = sys.argv[1] == "--self-test"
    nm, table, *rest = sys.argv[2:] if is_self_test else sys.argv[1:]
    with open(table, encoding="utf-8") as file:
        sodium = set(file.read().split())
    return self_test(nm, sodium, *rest) if is_self_test else int(check(nm, sodium, rest))


if __name__ == "__main__":
    sys.exit(main())
