#!/usr/bin/env python3
"""A host with its own SQLite still gets ciphertext on disk.

    symbols_test.py <library> <host> ...    runs each host, then loads the library into Python itself: with sqlite3
                                            imported before it, after it, and with its names made global
"""
import os
import subprocess
import sys
import tempfile

CHILD = """
import ctypes, os, sys
library, folder, order = sys.argv[1:]
def use_sqlite():
    import sqlite3
    db = sqlite3.connect(os.path.join(folder, "host.db"))
    db.execute("CREATE TABLE IF NOT EXISTS t(x)")
    db.commit()
if order == "before": use_sqlite()
store = ctypes.CDLL(library, mode=ctypes.RTLD_GLOBAL if order == "global" else ctypes.RTLD_LOCAL)
if order == "after": use_sqlite()
code = store.store_write(os.path.join(folder, "store.db").encode())
if order == "global": use_sqlite()
sys.exit(code)
"""


def check(name, command, folder):
    result = subprocess.run(command, check=False)
    with open(os.path.join(folder, "store.db"), "rb") as file:
        content = file.read()
    is_good = result.returncode == 0 and content.startswith(b"AnoChat store") and b"PLAINTEXTMARKER" not in content
    print("%-40s %s" % (name, "ciphertext" if is_good else "FAILED, code %d" % result.returncode))
    return is_good


def main():
    library, hosts = sys.argv[1], sys.argv[2:]
    results = []
    for host in hosts:
        with tempfile.TemporaryDirectory() as folder:
            results.append(check(os.path.basename(host), [host, folder], folder))
    pythons = sorted({os.path.realpath(p) for p in (sys.executable, "/usr/bin/python3", "/usr/local/bin/python3") if os.path.exists(p)})
    for python in pythons:
        for order in ("before", "after", "global"):
            with tempfile.TemporaryDirectory() as folder:
                results.append(check("%s, sqlite3 %s" % (python, order), [python, "-c", CHILD, library, folder, order], folder))
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
