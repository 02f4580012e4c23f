#!/usr/bin/env python3
"""Holds a schema to the rule that no field number or enum value is ever changed or used again.

    schema.py <protoc> <proto path> <file.proto> <lock file> <page>   compares the schema with all it ever had
    schema.py --self-test <protoc>                                    breaks a small schema in every way

Every field must also be named on the page that describes them. The lock file only grows: a new field is appended to it
by hand; a field that is removed stays in it and its number must be `reserved` in the schema.
"""
import os
import re
import subprocess
import sys
import tempfile

TYPES = {3: "int64", 4: "uint64", 5: "int32", 8: "bool", 9: "string", 11: "message", 12: "bytes", 13: "uint32", 14: "enum",
         17: "sint32"}


def fields(data):
    """Yields (field number, value) of one protobuf message: integers and byte strings."""
    at = 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(data):
        tag = varint()
        if tag & 7 == 0:
            yield tag >> 3, varint()
        elif tag & 7 == 2:
            length = varint()
            yield tag >> 3, data[at:at + length]
            at += length
        else:
            raise ValueError(f"unexpected wire type {tag & 7}")


def values(data, number):
    return [value for found, value in fields(data) if found == number]


def first(data, number, default=None):
    return next(iter(values(data, number)), default)


def name(data):
    return first(data, 1).decode()


# The numbers below are those of google/protobuf/descriptor.proto.
def describe_enum(prefix, data, lines, reserved):
    path = prefix + name(data)
    for value in values(data, 2):
        lines.append(f"{path} {first(value, 2, 0)} {name(value)}")
    for numbers in values(data, 4):
        reserved.update(f"{path} {n}" for n in range(first(numbers, 1, 0), first(numbers, 2, 0) + 1))


def describe_message(prefix, data, lines, reserved):
    path = prefix + name(data)
    for field in values(data, 2):
        kind = TYPES.get(first(field, 5), "other")
        if kind in ("message", "enum"):
            kind = first(field, 6).decode().rpartition(".")[2]
        if first(field, 4) == 3:
            kind = "repeated " + kind
        lines.append(f"{path} {first(field, 3)} {name(field)} {kind}")
    for numbers in values(data, 9):
        reserved.update(f"{path} {n}" for n in range(first(numbers, 1), first(numbers, 2)))
    for nested in values(data, 3):
        describe_message(path + ".", nested, lines, reserved)
    for enum in values(data, 4):
        describe_enum(path + ".", enum, lines, reserved)


def describe(protoc, proto_path, proto):
    """The schema as lines of "message number name type", and the numbers that are reserved."""
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "set")
        subprocess.run([protoc, f"--proto_path={proto_path}", f"--descriptor_set_out={out}", proto], check=True)
        with open(out, "rb") as file:
            schema = first(file.read(), 1)
    lines, reserved = ["package " + first(schema, 2).decode()], set()
    for message in values(schema, 4):
        describe_message("", message, lines, reserved)
    for enum in values(schema, 5):
        describe_enum("", enum, lines, reserved)
    return lines, reserved


def problems(schema, reserved, lock):
    for line in lock:
        if line not in schema and " ".join(line.split()[:2]) not in reserved:
            yield f"was frozen and has changed (a field that is gone must be reserved): {line}"
    for line in schema:
        if line not in lock:
            yield f"is new; append it to the lock file: {line}"
    taken = {}
    for line in lock:
        key = " ".join(line.split()[:2])
        if taken.setdefault(key, line) != line:
            yield f"uses a number again: {line}"


def undescribed(schema, page):
    words = set(re.findall(r"\w+", page.lower()))
    for line in schema:
        if len(line.split()) > 2 and not line.split()[2].endswith("UNSPECIFIED") and line.split()[2].lower() not in words:
            yield f"is not on the page: {line}"


def check(protoc, proto_path, proto, lock_file, page_file):
    schema, reserved = describe(protoc, proto_path, proto)
    with open(lock_file, encoding="utf-8") as file:
        lock = [line.strip() for line in file if line.strip() and not line.startswith("#")]
    with open(page_file, encoding="utf-8") as file:
        page = file.read()
    found = [*problems(schema, reserved, lock), *undescribed(schema, page)]
    for problem in found:
        print(problem)
    return 1 if found else 0


GOOD = """syntax = "proto3"; package p;
message M { enum E { ZERO = 0; ONE = 1; reserved 2; } bytes a = 1; repeated E b = 2; reserved 3; }"""
LOCK = ["package p", "M 1 a bytes", "M 2 b repeated E", "M 3 c uint32", "M.E 0 ZERO", "M.E 1 ONE", "M.E 2 TWO"]
BROKEN = {
    "a renumbered field": GOOD.replace("a = 1", "a = 5"),
    "a renamed field": GOOD.replace("bytes a", "bytes z"),
    "a retyped field": GOOD.replace("bytes a", "string a"),
    "a removed field": GOOD.replace("bytes a = 1;", ""),
    "a number used again": GOOD.replace("reserved 3;", "bytes d = 3;"),
    "a new field": GOOD.replace("reserved 3;", "reserved 3; bytes d = 4;"),
    "a renumbered choice": GOOD.replace("ONE = 1", "ONE = 3"),
    "a choice's number used again": GOOD.replace("reserved 2;", "THREE = 2;"),
    "a removed choice": GOOD.replace("reserved 2;", ""),
    "another package": GOOD.replace("package p", "package q"),
}


def self_test(protoc):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "m.proto")

        def found(text):
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            return list(problems(*describe(protoc, folder, path), LOCK))

        assert not found(GOOD), found(GOOD)
        for case, text in BROKEN.items():
            assert found(text), f"{case} was not found"
    assert list(problems(LOCK, set(), LOCK + ["M 1 again bytes"])), "a number twice in the lock file was not found"
    assert list(undescribed(["M 1 a bytes", "M 2 other_field bytes"], "| 1 | a |")) == [
        "is not on the page: M 2 other_field bytes"]
    print(f"{len(BROKEN) + 2} planted changes found")
    return 0


if __name__ == "__main__":
    sys.exit(self_test(*sys.argv[2:]) if sys.argv[1] == "--self-test" else check(*sys.argv[1:]))
