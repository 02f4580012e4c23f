#!/usr/bin/env python3
"""coexist.py <libanochat.so> - a host with a SQLite, an OpenSSL and, where installed, a libsodium and a protobuf of its
own loads libanochat, before and after these, and all of them go on working."""
import ctypes
import importlib
import os
import subprocess
import sys


def use_sqlite():
    import sqlite3
    with sqlite3.connect(":memory:") as database:
        database.execute("create virtual table t using fts5(x)")
        database.execute("insert into t values ('hello')")
        assert database.execute("select count(*) from t where t match 'hello'").fetchone() == (1,)


def use_ssl():
    import ssl
    context = ssl.create_default_context()
    assert context.verify_mode == ssl.CERT_REQUIRED and ssl.MemoryBIO() is not None
    context.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname="relay.example")


def use_sodium():
    utils = importlib.import_module("nacl.utils")
    secret = importlib.import_module("nacl.secret")
    box = secret.SecretBox(utils.random(32))
    assert box.decrypt(box.encrypt(b"hello")) == b"hello"


def use_protobuf():
    wrappers = importlib.import_module("google.protobuf.wrappers_pb2")
    assert wrappers.StringValue.FromString(wrappers.StringValue(value="hello").SerializeToString()).value == "hello"


def use_anochat(path):
    library = ctypes.CDLL(path)
    handle = ctypes.c_void_p()
    assert library.anochat_abi_version() > 0
    nothing, none = ctypes.c_void_p(), ctypes.c_size_t(0)
    status = library.anochat_client_create(nothing, none, nothing, nothing, ctypes.byref(handle), nothing)
    assert status == 0 and handle.value, status
    assert library.anochat_client_free(handle, nothing) == 0
    assert library.anochat_client_free(handle, nothing) == -1


def main():
    path, *order = sys.argv[1:]
    others = [use_sqlite, use_ssl]
    for module, use in (("nacl.secret", use_sodium), ("google.protobuf.wrappers_pb2", use_protobuf)):
        try:
            if order:  # only in the child: the parent loads nothing
                importlib.import_module(module)
            others.append(use)
        except ImportError:
            continue
    if not order:
        for first in ("anochat", "others"):
            subprocess.run([sys.executable, os.path.abspath(__file__), path, first], check=True)
        return
    steps = others + [lambda: use_anochat(path)]
    for step in (reversed(steps) if order == ["anochat"] else steps):
        step()
    for step in steps:
        step()
    print(f"{order[0]} first: {len(others)} libraries of the host's own")


if __name__ == "__main__":
    main()
