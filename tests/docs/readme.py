#!/usr/bin/env python3
"""readme.py <README.md>: the code of the README stands in the examples that it links to, and every link leads somewhere."""
import pathlib
import re
import sys

page = pathlib.Path(sys.argv[1])
text = page.read_text(encoding="utf-8")
prose = re.sub(r"```.*?```", "", text, flags=re.S)
problems = [f"a link to nothing: {link}" for link in re.findall(r"\]\(([^)#\s]+)[^)]*\)", prose)
            if "://" not in link and not (page.parent / link).exists()]
programs = {"cpp": "examples/hello/main.cpp", "c": "examples/hello/hello.c", "python": "examples/python/echo_bot.py"}
for language, program in programs.items():
    blocks = re.findall(rf"^```{language}\n(.*?)^```", text, re.S | re.M)
    if not blocks:
        problems.append(f"no {language}")
    code = (page.parent / program).read_text(encoding="utf-8")
    problems += [f"not in {program}:\n{block}" for block in blocks if block not in code]
for problem in problems:
    print(problem)
sys.exit(1 if problems else 0)
