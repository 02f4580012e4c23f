"""The module in one process with everybody who brings the same libraries: whatever is imported first, all of them work."""

import itertools
import os
import re
import subprocess

import pytest

from anochat import _core
from conftest import run_script

ANOCHAT = """
import anochat.sync
from anochat.testing import MemoryRelay
relay = MemoryRelay()
with anochat.sync.Client(None, relay=relay, allow_strangers=True) as a, \\
        anochat.sync.Client(None, relay=relay, allow_strangers=True) as b:
    a.send(b.account(), "find this")
    assert next(b.messages(timeout=30)).text == "find this"
    assert len(list(b.search("find"))) == 1
"""
OTHERS = {
    "nacl": """
import nacl.public, nacl.pwhash
one, two = nacl.public.PrivateKey.generate(), nacl.public.PrivateKey.generate()
sealed = nacl.public.Box(one, two.public_key).encrypt(b"hi")
assert nacl.public.Box(two, one.public_key).decrypt(sealed) == b"hi"
""",
    "google.protobuf": """
from google.protobuf import descriptor_pb2, struct_pb2
message = struct_pb2.Struct()
message["key"] = "value"
assert struct_pb2.Struct.FromString(message.SerializeToString())["key"] == "value"
""",
    "sqlite3": """
import sqlite3
with sqlite3.connect(":memory:") as base:
    base.execute("create virtual table t using fts5(x)")
    base.execute("insert into t values ('find this')")
    assert base.execute("select count(*) from t('find')").fetchone() == (1,)
""",
    "cryptography": """
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.asymmetric import ec
box = ChaCha20Poly1305(bytes(32))
assert box.decrypt(bytes(12), box.encrypt(bytes(12), b"hi", b""), b"") == b"hi"
ec.generate_private_key(ec.SECP256R1())
""",
    "ssl": """
import ssl, hashlib
context = ssl.create_default_context()
assert context.minimum_version and hashlib.new("sha3_256", b"x").hexdigest()
""",
}


def available(name):
    try:
        __import__(name)
    except ImportError:
        return False
    return True


@pytest.mark.parametrize("name, first", list(itertools.product(OTHERS, (True, False))))
def test_it_works_beside(name, first):
    if not available(name):
        pytest.skip(f"{name} is not installed")
    other = OTHERS[name]
    run_script(ANOCHAT + other + ANOCHAT if first else other + ANOCHAT + other)


def test_it_works_beside_all_of_them_at_once():
    others = [text for name, text in OTHERS.items() if available(name)]
    run_script("".join(others) + ANOCHAT + "".join(others))
    run_script(ANOCHAT + "".join(reversed(others)) + ANOCHAT)


def test_one_symbol_leaves_the_module():
    shown = subprocess.run(["nm", "-D", "--defined-only", _core.__file__], capture_output=True, text=True, check=True).stdout
    assert [line.split()[-1] for line in shown.splitlines()] == ["PyInit__core"]


def test_the_module_loads_the_c_and_c_plus_plus_libraries_only():
    shown = subprocess.run(["readelf", "-d", _core.__file__], capture_output=True, text=True, check=True).stdout
    needed = set(re.findall(r"NEEDED.*\[([^\]]+)\]", shown))
    may = {"libc.so.6", "libm.so.6", "libstdc++.so.6", "libgcc_s.so.1", "libpthread.so.0", "libdl.so.2"}
    may |= {name for name in needed if name.startswith("ld-linux")}
    known = tuple(filter(None, os.environ.get("ANOCHAT_MAY_NEED", "").split(",")))  # what this machine has no archive of
    extra = {name for name in needed - may if not (known and name.startswith(known))}
    assert not extra, f"also loads {sorted(extra)}"
