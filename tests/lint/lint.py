#!/usr/bin/env python3
"""Rules about the source text that a compiler does not check.

    lint.py <project folder>    prints every violation as file:line: text, and fails if there is one
    lint.py --self-test         plants one violation of each rule in a small tree and expects it to be found
"""
import os
import re
import sys
import tempfile

# The layer table of docs/architecture.md: who may include whom. "testing" is for tests and examples of embedders.
LAYERS = {
    "base": set(),
    "testing": {"base", "crypto", "framing"},
    "crypto": {"base"},
    "framing": {"base"},
    "session": {"base", "crypto", "framing"},
    "storage": {"base", "crypto"},
    "media": {"base", "crypto"},
    "net": {"base", "framing"},
    "relay": {"base", "framing"},
    "client": {"base", "crypto", "framing", "session", "storage", "media"},
    "driver": {"base", "crypto", "framing", "session", "storage", "media", "net", "client"},
    "server": {"base", "framing", "net", "relay"},
}

# Third-party headers and the layers whose private files may include them.
THIRD_PARTY = [
    (r"sodium(\.h|/)", {"base", "testing", "crypto", "storage", "relay"}),
    (r"google/protobuf/|.*\.pb\.h$", {"framing"}),
    (r"SQLiteCpp/", {"storage"}),
    (r"sqlite3\.h$", {"storage", "relay"}),
    (r"boost/|openssl/", {"net"}),
    (r"fmt/", set(LAYERS)),
]
# Public headers that may include what stands behind them, and that the umbrella header leaves out.
PUBLIC_EXCEPTIONS = {"include/anochat/net/asio_loop.hpp": "boost/asio/"}
# Beast costs a minute and a gigabyte for each unit that includes it, so there is one.
BEAST_UNIT = "src/net/web_socket_stream.cpp"
STANDARD = re.compile(r"^[a-z_0-9]+$")  # <vector>, <cstdint>
POSIX = re.compile(r"^(unistd|fcntl|errno|signal|poll|pthread|time|dirent|sys/[a-z]+|linux/[a-z]+|netinet/[a-z]+)\.h$")
INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]')
SOURCES = (".hpp", ".cpp", ".h", ".c", ".in", ".ipp")
TEXTS = SOURCES + (".py", ".sh", ".txt", ".cmake", ".proto", ".toml", ".json", ".yml")


def read(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read().splitlines()


def files(root, folders, endings):
    for folder in folders:
        for at, names, found in os.walk(os.path.join(root, folder)):
            names[:] = [n for n in names if n not in ("build", "__pycache__", "dl") and not n.startswith(".")]
            for name in sorted(found):
                if name.endswith(endings):
                    yield os.path.relpath(os.path.join(at, name), root)


def includes(root, path):
    for number, line in enumerate(read(os.path.join(root, path)), 1):
        match = INCLUDE.match(line)
        if match:
            yield number, match.group(1), match.group(2)


def layer_of_include(kind, name):
    """The layer that an include names, or None: <anochat/crypto/x.hpp> and "crypto/x.hpp" are both "crypto"."""
    parts = name.split("/")
    if kind == "<" and parts[0] == "anochat" and len(parts) > 2:
        return parts[1]
    if kind == '"' and parts[0] in LAYERS and len(parts) > 1:
        return parts[0]
    return None


def check_layers(root):
    """A layer includes only what lies below it, and third-party headers only where the table says."""
    for path in files(root, ["include/anochat", "src"], SOURCES):
        parts = path.split(os.sep)
        is_public = parts[0] == "include"
        layer = parts[2] if is_public else parts[1]
        if layer not in LAYERS:
            if len(parts) > (3 if is_public else 2):
                yield path, 1, f"{layer} is no layer of the table"
            continue
        for number, kind, name in includes(root, path):
            target = layer_of_include(kind, name)
            if target is not None:
                if target != layer and target not in LAYERS[layer]:
                    yield path, number, f"{layer} must not include {target} ({name})"
                elif is_public and kind == '"':
                    yield path, number, f"a public header includes a private one ({name})"
                elif name.endswith(".pb.h"):
                    yield from check_third_party(path, number, layer, name)
                continue
            if name == "anochat/anochat.hpp":
                yield path, number, "the umbrella header is for users, not for layers"
            elif is_public and name.startswith(PUBLIC_EXCEPTIONS.get(path, "\0")):
                continue
            elif is_public and (kind == '"' or not STANDARD.match(name)):
                yield path, number, f"a public header may include the standard library and <anochat/...> only ({name})"
            elif kind == "<":
                yield from check_third_party(path, number, layer, name)


def check_third_party(path, number, layer, name):
    for pattern, allowed in THIRD_PARTY:
        if re.match(pattern, name):
            if layer not in allowed:
                yield path, number, f"{layer} must not include {name}"
            elif name.startswith("fmt/") and not path.endswith(".cpp"):
                yield path, number, "fmt may be included in .cpp files only"
            return
    if not STANDARD.match(name) and not POSIX.match(name):
        yield path, number, f"{name} is in no row of the table of third-party headers"


def check_beast(root):
    """One unit includes Beast, and it leaves out the compression."""
    for path in files(root, ["include", "src", "tests", "examples", "bindings", "benchmarks"], SOURCES):
        for number, _, name in includes(root, path):
            if name.startswith("boost/beast") and path != BEAST_UNIT:
                yield path, number, f"only {BEAST_UNIT} includes Beast ({name})"
            elif re.match(r"boost/beast(\.hpp|/zlib)", name):
                yield path, number, f"include what is needed of Beast; there is no compression ({name})"


def check_asio(root):
    """Asio is as it comes: a program that has it too would have other classes under the same names."""
    for path in files(root, ["src", "include", "cmake"], (".txt", ".cmake", *SOURCES)):
        for number, line in enumerate(read(os.path.join(root, path)), 1):
            if re.search(r"\bBOOST_ASIO_[A-Z]", line.split("#")[0] if path.endswith((".txt", ".cmake")) else line):
                yield path, number, "no BOOST_ASIO_ definitions"


def check_links(root):
    """src/<layer>/CMakeLists.txt links only the layers that the table allows."""
    for layer in LAYERS:
        path = os.path.join("src", layer, "CMakeLists.txt")
        if not os.path.exists(os.path.join(root, path)):
            continue
        text = re.sub(r"#.*", "", "\n".join(read(os.path.join(root, path))))
        linked = set()
        for call in re.findall(r"anochat_add_layer\((.*?)\)", text, re.S):
            depends = re.search(r"\bDEPENDS\s+(.*?)(?=\b[A-Z_]{4,}\b|$)", call, re.S)
            linked |= set(depends.group(1).split()) if depends else set()
        linked |= set(re.findall(r"\banochat(?:::|_)(%s)\b" % "|".join(LAYERS), text)) - {layer}
        for other in sorted(linked - LAYERS[layer]):
            yield path, 1, f"{layer} must not link {other}"


def check_outside(root):
    """Examples and bindings are strangers: they include public headers only."""
    for path in files(root, ["examples", "bindings"], SOURCES):
        for number, kind, name in includes(root, path):
            own = os.path.exists(os.path.join(root, os.path.dirname(path), name))
            if kind == '"' and layer_of_include(kind, name) and not own:
                yield path, number, f"examples and bindings include public headers only ({name})"


def check_version(root):
    """The version is written once, in project(VERSION ...)."""
    match = re.search(r"project\(anochat\s+VERSION\s+(\d+\.\d+\.\d+)", "\n".join(read(os.path.join(root, "CMakeLists.txt"))))
    if not match:
        yield "CMakeLists.txt", 1, "no project(anochat VERSION x.y.z)"
        return
    version = match.group(1)
    literal = re.compile(r"(?<![\d.])" + re.escape(version) + r"(?![\d.])")
    for path in files(root, ["include", "src", "cmake", "bindings", "examples"], SOURCES + (".cmake", ".txt", ".toml")):
        for number, line in enumerate(read(os.path.join(root, path)), 1):
            if literal.search(line):
                yield path, number, f"the version {version} is written here too; take it from CMake"
    changelog = os.path.join(root, "CHANGELOG.md")
    heading = next((line for line in read(changelog) if line.startswith("## ")), "") if os.path.exists(changelog) else ""
    if not literal.search(heading):
        yield "CHANGELOG.md", 1, f"the first section must name the version {version}"
    wanted = ".".join(version.split(".")[:2])
    for path in files(root, ["docs"], (".md",)):
        yield from check_snippets(root, path, wanted)
    yield from check_snippets(root, "README.md", wanted)


def check_snippets(root, path, wanted):
    if not os.path.exists(os.path.join(root, path)):
        return
    for number, line in enumerate(read(os.path.join(root, path)), 1):
        for found in re.findall(r"find_package\(anochat (\d+\.\d+)", line):
            if found != wanted:
                yield path, number, f"find_package(anochat {found}): this is {wanted}"


def check_todo(root):
    """An open point names its issue."""
    for path in files(root, ["."], TEXTS):
        if os.path.basename(path) == "lint.py":
            continue
        for number, line in enumerate(read(os.path.join(root, path)), 1):
            if re.search(r"\b(FIXME|XXX|HACK)\b", line) or re.search(r"\bTODO\b(?!\(#\d+\): \S)", line):
                yield path, number, "write TODO(#12): what, and when it matters"


def check_compare(root):
    """Secrets are compared in constant time, so memcmp has no place in the library."""
    for path in files(root, ["include", "src"], SOURCES):
        for number, line in enumerate(read(os.path.join(root, path)), 1):
            if re.search(r"(?<![\w])(std::)?memcmp\s*\(", line.split("//")[0]):
                yield path, number, "use equal_ct; memcmp tells an attacker how many bytes agree"


def check_blind_relay(root):
    """The relay verifies and hashes; it has no way to open, agree or sign."""
    for path in files(root, ["include/anochat/relay", "src/relay"], SOURCES):
        for number, line in enumerate(read(os.path.join(root, path)), 1):
            for name in re.findall(r"\bcrypto_[a-z0-9_]+", line):
                if not re.match(r"crypto_(sign_verify_detached$|generichash)", name):
                    yield path, number, f"a relay that cannot read messages does not call {name}"


CHECKS = [check_layers, check_beast, check_asio, check_links, check_outside, check_version, check_todo, check_compare,
          check_blind_relay]


def violations(root):
    return [(check.__name__, *found) for check in CHECKS for found in check(root)]


# --- self-test ----------------------------------------------------------------------------------------------------

CLEAN = {
    "CMakeLists.txt": "project(anochat\n  VERSION 1.2.3\n)\n",
    "CHANGELOG.md": "# Changes\n## 1.2.3 (unreleased)\n",
    "README.md": "find_package(anochat 1.2 REQUIRED)\n",
    "include/anochat/session/session.hpp": "#include <anochat/base/bytes.hpp>\n#include <vector>\n",
    "src/session/CMakeLists.txt": "anochat_add_layer(session\n  SOURCES session.cpp\n  DEPENDS base crypto\n  PRIVATE_LINK x)\n",
    "src/session/session.cpp": '#include "crypto/kdf.hpp"\n#include <anochat/session/session.hpp>\n#include <fmt/core.h>\n',
    "src/framing/codec.cpp": '#include "framing/proto/content.pb.h"\n#include <google/protobuf/arena.h>\n',
    "src/base/a.cpp": "#include <sodium.h>\n#include <sys/mman.h>\nint x = sodium_memcmp(a, b, 1);\n",
    "examples/cli/main.cpp": "#include <anochat/anochat.hpp>\n",
    "include/anochat/net/asio_loop.hpp": "#include <anochat/net/io_loop.hpp>\n#include <boost/asio/any_io_executor.hpp>\n",
    "src/net/web_socket_stream.cpp": "#include <boost/beast/websocket/stream.hpp>\n",
}
PLANTED = [
    ("check_layers", "src/session/a.cpp", '#include "storage/page.hpp"\n'),
    ("check_layers", "src/base/b.cpp", "#include <anochat/crypto/identity.hpp>\n"),
    ("check_layers", "include/anochat/client/c.hpp", "#include <anochat/relay/relay.hpp>\n"),
    ("check_layers", "include/anochat/crypto/d.hpp", "#include <sodium.h>\n"),
    ("check_layers", "include/anochat/crypto/e.hpp", '#include "crypto/kdf.hpp"\n'),
    ("check_layers", "src/session/f.cpp", "#include <sodium/crypto_kem.h>\n"),
    ("check_layers", "src/session/g.cpp", '#include "framing/proto/content.pb.h"\n'),
    ("check_layers", "src/relay/h.cpp", '#include "crypto/kdf.hpp"\n'),
    ("check_layers", "src/session/i.hpp", "#include <fmt/core.h>\n"),
    ("check_layers", "src/net/j.cpp", "#include <curl/curl.h>\n"),
    ("check_layers", "src/utilities/k.cpp", "int k;\n"),
    ("check_layers", "include/anochat/net/transport.hpp", "#include <boost/asio/any_io_executor.hpp>\n"),
    ("check_layers", "include/anochat/server/r.hpp", "#include <anochat/client/client.hpp>\n"),
    ("check_layers", "src/server/s.cpp", "#include <boost/asio/post.hpp>\n"),
    ("check_layers", "src/client/t.cpp", "#include <anochat/net/transport.hpp>\n"),
    ("check_beast", "src/net/listener.cpp", "#include <boost/beast/core/tcp_stream.hpp>\n"),
    ("check_beast", "tests/unit/net/peer.hpp", "#include <boost/beast/websocket.hpp>\n"),
    ("check_beast", "src/net/web_socket_stream.cpp", "#include <boost/beast/zlib.hpp>\n"),
    ("check_asio", "src/net/CMakeLists.txt", "target_compile_definitions(anochat_net PRIVATE BOOST_ASIO_NO_DEPRECATED)\n"),
    ("check_links", "src/storage/CMakeLists.txt", "anochat_add_layer(storage SOURCES a.cpp DEPENDS base session)\n"),
    ("check_links", "src/relay/CMakeLists.txt", "target_link_libraries(anochat_relay PRIVATE anochat::crypto)\n"),
    ("check_outside", "examples/cli/l.cpp", '#include "session/root_key.hpp"\n'),
    ("check_version", "src/base/m.cpp", 'const char* kVersion = "1.2.3";\n'),
    ("check_version", "CHANGELOG.md", "# Changes\n## 1.2.2\n"),
    ("check_version", "README.md", "find_package(anochat 1.1 REQUIRED)\n"),
    ("check_todo", "src/base/n.cpp", "// TODO: later\n"),
    ("check_blind_relay", "src/relay/p.cpp", "int x = crypto_sign_detached(a, b, c, d, e);\n"),
    ("check_layers", "src/relay/q.cpp", "#include <SQLiteCpp/Database.h>\n"),
    ("check_compare", "src/crypto/o.cpp", "return std::memcmp(a, b, 32) == 0;\n"),
]


def write_tree(root, tree):
    for path, text in tree.items():
        full = os.path.join(root, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8") as file:
            file.write(text)


def self_test():
    with tempfile.TemporaryDirectory() as root:
        write_tree(root, CLEAN)
        assert violations(root) == [], f"the clean tree is refused: {violations(root)}"
    for check, path, text in PLANTED:
        with tempfile.TemporaryDirectory() as root:
            write_tree(root, {**CLEAN, path: text})
            found = {(v[0], v[1]) for v in violations(root)}
            assert found == {(check, path)}, f"planted {text!r} in {path}: found {found}, expected {check}"
    print(f"{len(PLANTED)} planted violations found")


def main():
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    found = violations(sys.argv[1])
    for check, path, number, text in found:
        print(f"{path}:{number}: {text} [{check}]")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
