#!/usr/bin/env python3
"""Makes the documentation site and the manual page: build.py <output folder>

The pages are those of docs/, as they are read on the shelf. The reference is taken out of the C++ headers by Doxygen, and out of
the C header and the Python package by the modules beside this file; nothing of it needs to be built. Needs Doxygen, Sphinx, Breathe, MyST and the Furo theme (Debian: doxygen python3-sphinx python3-breathe
python3-myst-parser furo). Every warning is an error, and so is a public name of C or Python that is on no page.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import zlib
from xml.etree import ElementTree

import c_reference
import python_reference

ROOT = pathlib.Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PROJECT_PAGES = ("CHANGELOG.md", "SECURITY.md", "CONTRIBUTING.md")
LAYERS = {
    "base": "Bytes, errors, secrets, clock, randomness, log",
    "crypto": "Accounts, devices, prekeys, safety numbers",
    "framing": "Content, envelopes, frames, limits",
    "session": "One double ratchet",
    "storage": "The encrypted store",
    "client": "A whole messenger without socket or screen",
    "net": "Transports: WebSocket and TLS",
    "driver": "A client on a real network",
    "relay": "The blind relay",
    "server": "The relay on a real network",
    "testing": "The test kit",
}
DOXYFILE = """
PROJECT_NAME = AnoChat
INPUT_FILTER = "sed -E \\"s/([0-9a-fA-F])'([0-9a-fA-F])/\\1\\2/g\\""
INPUT = {inputs}
OUTPUT_DIRECTORY = {out}
FILE_PATTERNS = *.hpp
RECURSIVE = YES
GENERATE_HTML = NO
GENERATE_LATEX = NO
GENERATE_XML = YES
XML_PROGRAMLISTING = NO
EXTRACT_ALL = YES
EXTRACT_PRIVATE = NO
EXCLUDE_SYMBOLS = detail::* anochat::detail::* anochat::client anochat::relay*
JAVADOC_AUTOBRIEF = YES
MARKDOWN_SUPPORT = NO
AUTOLINK_SUPPORT = NO
ENABLE_PREPROCESSING = YES
MACRO_EXPANSION = YES
EXPAND_ONLY_PREDEF = YES
PREDEFINED = __cplusplus=202002L [[nodiscard]]=
STRIP_FROM_PATH = {root}/include {root}/bindings/c/include
ALIASES = "source=\\par Source^^" "throws=\\par Throws^^" "optional=\\par May be NULL^^"
QUIET = YES
WARNINGS = YES
WARN_IF_UNDOCUMENTED = NO
WARN_IF_INCOMPLETE_DOC = NO
WARN_AS_ERROR = FAIL_ON_WARNINGS
"""


def version():
    return re.search(r"project\(anochat\s+VERSION (\S+)", (ROOT / "CMakeLists.txt").read_text(encoding="utf-8")).group(1)


def headers(layer):
    folder = ROOT / "include" / "anochat" / layer
    return sorted(path.name for path in folder.glob("*.hpp")) if folder.is_dir() else []


def run_doxygen(work):
    config = DOXYFILE.format(inputs=ROOT / "include" / "anochat", out=work, root=ROOT)
    subprocess.run(["doxygen", "-"], input=config, text=True, check=True)
    return work / "xml"


def first_comment(path):
    """What a header says about itself in its first line: "// anochat/x/y.hpp - this"."""
    line = path.read_text(encoding="utf-8").split("\n", 1)[0]
    return line.partition(" - ")[2].strip()


def entities(xml, header):
    """What a header declares: (directive, name) of each, in its order."""
    files = [entry.get("refid") for entry in ElementTree.parse(xml / "index.xml").iter("compound")
             if entry.get("kind") == "file" and entry.findtext("name") == header.rpartition("/")[2]]
    for refid in files:
        compound = ElementTree.parse(xml / f"{refid}.xml").find("compounddef")
        if compound.find("location").get("file").endswith(header):
            break
    else:
        raise SystemExit(f"Doxygen knows nothing of {header}")
    classes = {inner.text: inner.get("refid") for inner in compound.iter("innerclass") if inner.get("prot") == "public"}
    for name, refid in classes.items():
        is_nested = any(name.startswith(other + "::") for other in classes)
        if "<" in name or is_nested or "detail::" in name:
            continue
        yield ("doxygenclass" if refid.startswith("class") else "doxygenstruct"), name
    for namespace in compound.iter("innernamespace"):
        if "detail" in namespace.text:
            continue
        for member in ElementTree.parse(xml / f"{namespace.get('refid')}.xml").iter("memberdef"):
            if not member.find("location").get("file").endswith(header) or member.findtext("name").startswith("@"):
                continue
            kind = member.get("kind")
            name = f"{namespace.text}::{member.findtext('name')}"
            if kind == "function" and not member.findtext("name").startswith("operator"):
                types = ["".join(parameter.find("type").itertext()) for parameter in member.findall("param")]
                yield "doxygenfunction", f"{name}({', '.join(types)})"
            elif kind in ("typedef", "enum", "variable"):
                yield "doxygen" + kind, name


def reference(pages, xml):
    folder = pages / "reference" / "cpp"
    folder.mkdir(parents=True)
    index = ["# C++", "", "One page for each layer, lowest first; `#include <anochat/anochat.hpp>` has them all.", "",
             "```{toctree}", ":maxdepth: 1", ""]
    for layer, title in LAYERS.items():
        if not headers(layer):
            continue
        index.append(layer)
        lines = [f"# {layer}: {title[0].lower()}{title[1:]}", ""]
        for header in headers(layer):
            path = f"anochat/{layer}/{header}"
            lines += [f"## `<{path}>`", "", first_comment(ROOT / "include" / path), ""]
            for directive, name in entities(xml, path):
                members = [":members:", ":undoc-members:"] if directive in ("doxygenclass", "doxygenstruct") else []
                lines += [f"```{{{directive}}} {name}", *members, "```", ""]
        (folder / f"{layer}.md").write_text("\n".join(lines), encoding="utf-8")
    (folder / "index.md").write_text("\n".join([*index, "```", ""]), encoding="utf-8")


def place_on_site(path):
    """Where a file is on the site, or None."""
    if path.parent == ROOT and path.name in PROJECT_PAGES:
        return pathlib.Path(path.name)
    if path == DOCS / "decisions":
        return pathlib.Path("decisions/README.md")
    return path.relative_to(DOCS) if path.is_relative_to(DOCS) and path.is_file() else None


def local_link(match, page):
    """A link as it has to be on the site; a link to a file that is no page becomes the file's name."""
    text, target = match.group(1), match.group(2)
    if re.match(r"[a-z]+:|#", target):
        return match.group(0)
    name, hash_sign, anchor = target.partition("#")
    path = (page.parent / name).resolve()
    if not path.exists():
        raise SystemExit(f"{page}: a link to nothing: {target}")
    place = place_on_site(path)
    if place is None:
        return text if str(path.relative_to(ROOT)) in text else f"{text} (`{path.relative_to(ROOT)}`)"
    return f"[{text}]({os.path.relpath(place, place_on_site(page).parent)}{hash_sign}{anchor})"


def copy_pages(pages):
    shutil.copytree(DOCS, pages, ignore=shutil.ignore_patterns("site"))
    for name in PROJECT_PAGES:
        shutil.copy(ROOT / name, pages / name)
    for copy in pages.rglob("*.md"):
        relative = copy.relative_to(pages)
        origin = DOCS / relative if (DOCS / relative).exists() else ROOT / relative
        text = copy.read_text(encoding="utf-8")
        parts = re.split(r"(```.*?```)", text, flags=re.S)
        parts[::2] = [re.sub(r"\[([^\]]+)\]\(([^)\s]+)\)", lambda m: local_link(m, origin), part) for part in parts[::2]]
        copy.write_text("".join(parts), encoding="utf-8")


def check_names(html, c_names, python_names):
    """What the pages have to show is in the site's index of names."""
    *_, packed = (html / "objects.inv").read_bytes().split(b"\n", 4)  # four lines of text stand before it
    entries = re.findall(r"^(\S+) (\w+):\w+ -?\d+ ", zlib.decompress(packed).decode(), re.M)
    for domain, names in (("c", c_names), ("py", python_names)):
        shown = {name for name, of_domain in entries if of_domain == domain}
        if names - shown:
            raise SystemExit(f"on no page of the reference: {', '.join(sorted(names - shown))}")


def main():
    out = pathlib.Path(sys.argv[1]).resolve()
    work = out / "work"
    shutil.rmtree(out, ignore_errors=True)
    work.mkdir(parents=True)
    pages = work / "pages"
    copy_pages(pages)
    with (pages / "guides" / "cli.md").open("a", encoding="utf-8") as guide:  # the manual page is the guide and this
        guide.write("\n```{toctree}\n:hidden:\n\n../reference/cli\n```\n")
    xml = run_doxygen(work)
    reference(pages, xml)
    c_names = c_reference.write(pages / "reference" / "c")
    python_names = python_reference.write(pages / "reference" / "python", version())
    environment = {**os.environ, "ANOCHAT_DOCS_XML": str(xml), "ANOCHAT_DOCS_VERSION": version()}
    for builder in ("html", "man"):
        subprocess.run([sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", builder, "-c", DOCS / "site",
                        "-d", work / "read", pages, out / builder], env=environment, check=True)
    check_names(out / "html", c_names, python_names)
    print(f"the documentation is in {out / 'html'}, the manual page in {out / 'man'}")


if __name__ == "__main__":
    main()
