"""The reference of the C interface, out of its header, whose form is regular on purpose (bindings/c/api.py reads it as well)."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
HEADER = ROOT / "bindings" / "c" / "include" / "anochat.h"
sys.path.insert(0, str(ROOT / "bindings" / "c"))
import api

SECTION = re.compile(r"^/\* ----- (.*?) -----(.*?)\*/", re.S | re.M)
COMMENT = r"(?:(?!\*/).)*"
PART = re.compile(rf"""
    ^/\*\ --\ (?P<heading>{COMMENT}?)\ --\ \*/
  | ^/\*\*(?P<doc>{COMMENT})\*/\s*ANOCHAT_API\s+(?P<function>[^;]*);
  | (?:^/\*\ (?P<before>{COMMENT})\*/\n)?(?:
        ^enum\ \{{(?P<enum>.*?)\}};
      | ^\#define\ (?P<macro>ANOCHAT_\w+)\ (?P<value>\d+)(?:[ ]*/\*(?P<macro_note>{COMMENT})\*/)?
      | ^typedef\ struct\ (?P<struct>\w+)\ \{{(?P<fields>.*?)\}}\ (?P=struct);(?:[ ]*/\*(?P<struct_note>{COMMENT})\*/)?
      | ^typedef\ (?P<type>[^;{{]*);(?:[ ]*/\*(?P<type_note>{COMMENT})\*/)?
    )""", re.S | re.X | re.M)
NAME = re.compile(r"(\banochat_\w+\(\)|\*?\b\w+_\w+\b(?:_?\*)?|(?<!\w)\*\w+\b(?!\*)|\bNULL\b)")


def words(comment):
    """A comment as one paragraph of Markdown, in which names are code and functions are links."""
    text = " ".join(re.sub(r"\n\s*\* ", "\n", comment or "").split())
    pieces = NAME.split(re.sub(r"@param (\w+)\s+", r"\1: ", text))
    for place in range(1, len(pieces), 2):
        is_call = pieces[place].endswith("()")
        pieces[place] = f"{{c:func}}`{pieces[place][:-2]}`" if is_call else f"`{pieces[place]}`"
    return "".join(pieces).strip()


def directive(kind, what, *paragraphs, fence="```"):
    body = [line for paragraph in paragraphs if paragraph for line in (paragraph, "")]
    return [f"{fence}{{{kind}}} {' '.join(what.split())}", *body, fence, ""]


def function(part):
    doc, _, optional = part["doc"].partition("@optional")
    names = ", ".join(f"`{name}`" for name in optional.replace("*", " ").split() if name != "error")  # that one always may
    return directive("c:function", part["function"], words(doc), names and f"May be NULL: {names}.")


def constants(part):
    """Every constant of an enumeration; a comment on a line of its own is about those that follow."""
    lines = [words(part["before"]), ""]
    for heading, name, value, note in re.findall(
            rf"^\s*/\*({COMMENT})\*/\s*$|(ANOCHAT_\w+) = (-?\d+),?(?:[ ]*/\*({COMMENT})\*/)?", part["enum"], re.M | re.S):
        lines += [f"**{words(heading)}**", ""] if heading else directive("c:macro", name, f"`{value}`", words(note))
    return lines


def structure(part):
    members, before = [], ""
    for alone, field, note in re.findall(rf"^\s*/\*({COMMENT})\*/\s*$|([^;/]+);(?:[ ]*/\*({COMMENT})\*/)?",
                                         part["fields"], re.M | re.S):
        if alone:
            before = words(alone)
        else:
            members += directive("c:member", field, before, words(note))
            before = ""
    return directive("c:struct", part["struct"], words(part["before"]), words(part["struct_note"]), "\n".join(members), fence="`````")


def markdown(part):
    if part["heading"]:
        title, _, rest = re.sub(r"[:;] ", "\n", words(part["heading"]), count=1).partition("\n")
        return [f"## {title[0].upper()}{title[1:]}", "", rest and f"{rest[0].upper()}{rest[1:]}.", ""]
    if part["function"]:
        return function(part)
    if part["enum"] is not None:
        return constants(part)
    if part["macro"]:
        return [words(part["before"]), "", *directive("c:macro", part["macro"], f"`{part['value']}`", words(part["macro_note"]))]
    if part["struct"]:
        return structure(part)
    return directive("c:type", part["type"], words(part["before"]), words(part["type_note"]))


def opening(text):
    """The comment at the top of the header; its table is kept as it is written."""
    lines = [line.removeprefix(" *").removeprefix(" ") for line in text.split("*/", 1)[0].split("\n")[1:]]
    table = next(number for number, line in enumerate(lines) if line.startswith("Input "))
    return [*(words(paragraph) + "\n" for paragraph in "\n".join(lines[:table]).split("\n\n")), "```text", *lines[table:-1], "```", ""]


def write(folder):
    """Writes a page for each section of the header; returns the names that the pages have to show."""
    text = HEADER.read_text(encoding="utf-8")
    folder.mkdir(parents=True)
    pages = []
    sections = SECTION.split(text)
    for title, about, body in zip(sections[1::3], sections[2::3], sections[3::3]):
        short, _, rest = words(title).partition(": ")
        pages.append(re.sub(r"\W+", "-", short.lower()).strip("-"))
        lines = [f"# {short[0].upper()}{short[1:]}", "", rest and f"{rest[0].upper()}{rest[1:]}.", "", words(about), ""]
        for part in PART.finditer(body):
            lines += markdown(part)
        (folder / f"{pages[-1]}.md").write_text("\n".join(lines), encoding="utf-8")
    index = ["# C", "", "`#include <anochat.h>`. How to begin: [the guide](../../guides/c.md).", "", *opening(text),
             "```{toctree}", ":maxdepth: 1", "", *pages, "```", ""]
    (folder / "index.md").write_text("\n".join(index), encoding="utf-8")
    found = api.parse(HEADER)
    return {*(entry["name"] for entry in found["functions"]), *found["constants"], *found["structs"], *found["handles"]}
