#!/usr/bin/env python3
"""What a program that was compiled against libanochat depends on must not change by accident.

    abi.py symbols <nm> <api.py> <header> <library> <symbols.txt>   the exported symbols are exactly the checked-in list
    abi.py layout <C compiler> <api.py> <header> <abi.txt>          signatures, constants and structs are those listed
    abi.py loads <readelf> <library> [allowed library ...]          nothing else is loaded, and nothing of it is unique

When a difference is meant, look at it, then write the file anew with --write in front.
"""
import os
import re
import subprocess
import sys
import tempfile

ALWAYS = ["libc", "libm", "libstdc++", "libgcc_s", "ld-linux", "libdl", "libpthread", "libasan", "libubsan", "libtsan"]


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def compare(what, path, actual, is_writing):
    if is_writing:
        with open(path, "w", encoding="utf-8") as file:
            file.write("\n".join(actual) + "\n")
        return 0
    with open(path, encoding="utf-8") as file:
        expected = file.read().splitlines()
    missing, new = [l for l in expected if l not in set(actual)], [l for l in actual if l not in set(expected)]
    for line in missing:
        print(f"gone from the {what}: {line}")
    for line in new:
        print(f"new in the {what}, and not in {os.path.basename(path)}: {line}")
    if not missing and not new and expected != actual:
        print(f"the {what} has another order than {os.path.basename(path)}")
    print(f"{len(actual)} lines of the {what}")
    return int(expected != actual)


def symbols(is_writing, nm, api, header, library, path):
    exported = sorted(line.split()[0] for line in run(nm, "-P", "-D", "--defined-only", library).splitlines())
    declared = run(sys.executable, api, "symbols", header).splitlines()
    for name in sorted(set(declared) ^ set(exported)):
        print(f"{name} is {'declared, but not exported' if name in declared else 'exported, but not declared'}")
    return int(exported != declared) or compare("exported symbols", path, exported, is_writing)


def layout(is_writing, compiler, api, header, path):
    with tempfile.TemporaryDirectory() as folder:
        source, program = os.path.join(folder, "abi.c"), os.path.join(folder, "abi")
        with open(source, "w", encoding="utf-8") as file:
            file.write(run(sys.executable, api, "abi", header))
        run(compiler, "-std=c99", f"-I{os.path.dirname(header)}", source, "-o", program)
        return compare("interface", path, run(program).splitlines(), is_writing)


def loads(_, readelf, library, *allowed):
    dynamic = run(readelf, "-dW", library)
    needed = re.findall(r"\(NEEDED\).*\[(.*?)\]", dynamic)
    known = ALWAYS + list(allowed)
    wrong = [f"loads {name}" for name in needed if not any(re.match(re.escape(k) + r"[-.]", name) for k in known)]
    if "TEXTREL" in dynamic:
        wrong.append("has text relocations")
    if " UNIQUE " in run(readelf, "--dyn-syms", "-W", library):
        wrong.append("has symbols that are unique in a process: it could not be unloaded")
    for line in wrong:
        print(f"{os.path.basename(library)} {line}")
    print(f"loads {', '.join(needed)}")
    return int(bool(wrong) or not needed)


def main():
    arguments = sys.argv[1:]
    is_writing = arguments[0] == "--write"
    what, *rest = arguments[1:] if is_writing else arguments
    return {"symbols": symbols, "layout": layout, "loads": loads}[what](is_writing, *rest)


if __name__ == "__main__":
    sys.exit(main())
