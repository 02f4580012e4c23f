#!/usr/bin/env python3
"""relay_keys.py <page.md> <configuration.cpp> <relay.toml>: the page has every key that the relay server reads, and no other, with
the default that relay.toml says."""
import pathlib
import re
import sys
import tomllib

page, code, example = (pathlib.Path(word).read_text(encoding="utf-8") for word in sys.argv[1:4])


def keys_of_code():
    functions = re.findall(r"^void (read_\w+)\(Section section.*?\n}", code, re.S | re.M)
    for function in functions:
        section = re.search(rf'{function}\(\{{file, "(\w+)"\}}', code).group(1)
        body = re.search(rf"^void {function}\(Section section.*?\n}}", code, re.S | re.M).group(0)
        yield from (f"{section}.{key}" for key in re.findall(r'section\.read\("(\w+)"', body))


def keys_of_page():
    for section, body in re.findall(r"^## \[(\w+)\]\n(.*?)(?=^## |\Z)", page, re.S | re.M):
        for key, default in re.findall(r"^\| `(\w+)` \| `([^`]*)` \|", body, re.M):
            yield f"{section}.{key}", tomllib.loads(f"x = {default}")["x"]


documented = dict(keys_of_page())
read = set(keys_of_code())
given = {f"{section}.{key}": value for section, keys in tomllib.loads(example).items() for key, value in keys.items()}
says_otherwise = {f"{section}.{key}" for section, body in re.findall(r"^\[(\w+)\]\n(.*?)(?=^\[|\Z)", example, re.S | re.M)
                  for key in re.findall(r"^(\w+) = [^\n#]*# default ", body, re.M)}
problems = [f"not on the page: {key}" for key in sorted(read - set(documented))]
problems += [f"no key of the relay: {key}" for key in sorted(set(documented) - read)]
problems += [f"the page says {documented[key]!r}, relay.toml {value!r}: {key}" for key, value in given.items()
             if key in documented and documented[key] != value and key not in says_otherwise]
if len(read) < 20:
    problems.append(f"only {len(read)} keys found in the code: does it look different now?")
print("\n".join(problems))
sys.exit(1 if problems else 0)
