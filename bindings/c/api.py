#!/usr/bin/env python3
"""Reads anochat.h, whose form is regular on purpose, and writes it down for generators of bindings and tests.

    api.py json <header>       functions, structs and constants as JSON
    api.py symbols <header>    the names of the functions, sorted
    api.py abi <header>        a C program that prints everything that a compiled program depends on: signatures,
                               constants, and the size and place of every field

A function is {"name", "returns", "doc", "parameters"}; a parameter {"name", "type", "optional", "role"}, and the role
is one of value, handle, new_handle, input, length, output, room, struct_in, struct_out, id_in, id_out, buf, error and
result.
"""
import json
import re
import sys

IDS = {"anochat_account_id", "anochat_call_id", "anochat_uid"}


def parse(path):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    handles = set(re.findall(r"^typedef struct (\w+) \1;", text, re.M))
    structs = {name: body for name, body in re.findall(r"^typedef struct (\w+) \{(.*?)\} \1;", text, re.M | re.S)}
    functions = []
    pattern = re.compile(r"/\*\*((?:(?!\*/).)*)\*/\s*ANOCHAT_API\s+([\w ]+?[ *])(anochat_\w+)\(([^)]*)\);", re.S)
    for doc, returns, name, parameters in pattern.findall(text):
        optional = re.search(r"@optional\s+([\w\s]+?)\s*$", doc)
        optional = set(optional.group(1).split()) if optional else set()
        words = re.sub(r"\s*\n \*\s?", " ", doc.split("@optional")[0]).strip()
        functions.append({"name": name, "returns": " ".join(returns.split()), "doc": words,
                          "parameters": parse_parameters(parameters, optional, handles, structs)})
    declared = set(re.findall(r"^ANOCHAT_API [^(]*?(anochat_\w+)\(", text, re.M))
    missing = declared - {function["name"] for function in functions}
    if missing:
        raise SystemExit(f"{path}: functions without a /** comment: {', '.join(sorted(missing))}")
    constants = {name: int(value) for name, value in re.findall(r"\b(ANOCHAT_\w+) = (-?\d+)", text)}
    constants |= {name: int(value) for name, value in re.findall(r"^#define (ANOCHAT_\w+) (\d+)\b", text, re.M)}
    return {"functions": functions, "handles": sorted(handles), "constants": constants,
            "structs": {name: parse_fields(body) for name, body in structs.items()}}


def parse_parameters(text, optional, handles, structs):
    found = []
    for item in " ".join(text.split()).split(","):
        match = re.match(r"\s*(.*?[ *])(\w+)$", item)
        if match:  # "void" does not
            found.append({"name": match.group(2), "type": match.group(1).strip()})
    names = {item["name"] for item in found}
    for item in found:
        item["optional"] = item["name"] in optional
        item["role"] = role_of(item["name"], item["type"], names, handles, structs)
    unknown = optional - names
    if unknown:
        raise SystemExit(f"@optional names no parameter: {', '.join(unknown)}")
    return found


def role_of(name, kind, names, handles, structs):
    base = kind.replace("const", "").replace("*", "").strip()
    stars = kind.count("*")
    is_const = kind.startswith("const")
    if stars == 0:
        return "length" if name.endswith("_len") and name[:-4] in names else "value"
    if base == "anochat_error":
        return "error"
    if base == "anochat_buf":
        return "buf"
    if base in handles:
        return "new_handle" if stars == 2 else "handle"
    if base in IDS:
        return "id_in" if is_const else "id_out"
    if base in structs:
        return "struct_in" if is_const else "struct_out"
    if stars == 2:
        return "result"
    if is_const:
        return "input"
    if f"{name}_len" in names:
        return "output"
    return "room" if name.endswith("_len") and name[:-4] in names else "result"


def parse_fields(body):
    body = re.sub(r"/\*.*?\*/", "", body, flags=re.S)
    fields = []
    for item in body.split(";"):
        item = " ".join(item.split())
        function = re.match(r"(\w+) \(\*(\w+)\)\((.*)\)$", item)
        plain = re.match(r"(.*?[ *])(\w+)((?:\[\w+\])?)$", item)
        if function:
            fields.append({"name": function.group(2), "type": f"{function.group(1)} (*)({function.group(3)})"})
        elif plain:
            fields.append({"name": plain.group(2), "type": (plain.group(1).strip() + plain.group(3))})
    return fields


def abi_program(api):
    yield '#include <anochat.h>\n#include <stdio.h>\nint main(void) {'
    for function in api["functions"]:
        types = ", ".join(p["type"] for p in function["parameters"]) or "void"
        yield f'  puts("{function["returns"]} {function["name"]}({types})");'
    for name in sorted(api["constants"]):
        yield f'  printf("{name} = %d\\n", (int){name});'
    for name, fields in sorted(api["structs"].items()):
        yield f'  printf("struct {name}: %u bytes\\n", (unsigned)sizeof({name}));'
        for field in fields:
            place = f'(unsigned)offsetof({name}, {field["name"]}), (unsigned)sizeof((({name} *)0)->{field["name"]})'
            yield f'  printf("  {field["name"]}: at %u, %u bytes\\n", {place});'
    yield "  return 0;\n}"


def main():
    what, header = sys.argv[1:3]
    api = parse(header)
    if what == "json":
        print(json.dumps(api, indent=1))
    elif what == "abi":
        print("\n".join(abi_program(api)))
    else:
        print("\n".join(sorted(function["name"] for function in api["functions"])))


if __name__ == "__main__":
    main()
