#!/usr/bin/env python3
"""guide.py <guide.md> <test.cpp>: every C or C++ block of the guide stands in the test, so it compiles and does what it says."""
import re
import sys

guide = open(sys.argv[1], encoding="utf-8").read()
test = open(sys.argv[2], encoding="utf-8").read()
blocks = re.findall(r"```(?:cpp|c)\n(.*?)```", guide, re.S)
missing = [block for block in blocks if block not in test]
for block in missing:
    print("not in the test:\n" + block)
sys.exit(1 if missing or not blocks else 0)
