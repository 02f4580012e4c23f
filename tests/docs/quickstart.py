#!/usr/bin/env python3
"""quickstart.py <page.md> <prefix> - follows a quickstart word by word, in one shell, from what `cmake --install` has put into a prefix.

Blocks of sh are run, other blocks are written into the file that the text before them names, and blocks of text are what the
commands before them print ("..." stands for anything). Not run: `./anochat.sh install`, which has made the prefix, and
apt-get. Folders of the system are folders of the test, the port is a free one, and systemctl is the few lines below.
"""
import os
import pathlib
import random
import re
import shlex
import signal
import socket
import subprocess
import sys
import tempfile

PATIENCE = 300  # seconds; only a broken page ever needs so many
PORT = "7740"
SYSTEMCTL = """#!/bin/bash
# Starts and stops the service of a unit: its state directory, its credentials, its ExecStart.
set -eu
unit="$ROOT/etc/systemd/system/${!#}.service"
case $1 in
  enable)
    mkdir -p "$ROOT/var/lib/$(sed -n 's/^StateDirectory=//p' "$unit")" "$ROOT/run/credentials/${!#}.service"
    sed -n 's/^LoadCredential=//p' "$unit" | while IFS=: read -r name file; do cp "$file" "$ROOT/run/credentials/${!#}.service/$name"; done
    exec $(sed -n 's/^ExecStart=//p' "$unit") > "$ROOT/service.log" 2>&1 < /dev/null &
    echo $! > "$ROOT/service.pid" ;;
  stop)
    kill "$(cat "$ROOT/service.pid")"
    while (: > "/dev/tcp/127.0.0.1/$PORT") 2> /dev/null; do sleep 0.1; done ;;
esac
"""


def free_port():
    """One below those that the system gives to outgoing connections."""
    while True:
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", random.randrange(15_000, 32_000)))
                return str(probe.getsockname()[1])
            except OSError:
                pass


def blocks_of(page):
    """(language, text, the file that is named before it) of each fenced block."""
    pieces = re.split(r"^```(\w+)\n(.*?)^```\n", page, flags=re.S | re.M)
    for prose, language, text in zip(pieces[::3], pieces[1::3], pieces[2::3]):
        named = re.findall(r"[Ww]rite `([^`]+)`", prose)
        yield language, text, named[-1] if named else None


def script_of(blocks):
    """The shell script, and what each of its numbered parts must print."""
    lines, expected, is_run = ["set -eo pipefail"], {}, True
    for number, (language, text, file) in enumerate(blocks):
        if language == "sh":
            is_run = not text.startswith(("./anochat.sh install", "apt-get install"))
            lines += [f"echo; echo @@{number}", text] if is_run else []
            expected.update({number: None} if is_run else {})
        elif language == "text":
            if is_run:
                expected[max(expected)] = text
        elif file:
            lines += [f"cat > {shlex.quote(file)} <<'END OF FILE'", text + "END OF FILE"]
        else:
            sys.exit(f"a block of {language}, and no word of the file that it goes to:\n{text}")
    if len(expected) < 3:
        sys.exit("there is next to nothing to run on this page")
    return "\n".join([*lines, "echo; echo @@done", ""]), expected


def pattern_of(text):
    """A line of "..." is any number of lines, and "..." inside a line anything in it."""
    lines = [r"(.*\n)*?" if line == "..." else re.escape(line).replace(r"\.\.\.", ".*") + r"\n" for line in text.splitlines()]
    return re.compile("".join(lines))


def environment(root, prefix, port):
    """Variables that stand for what a system has by itself when the prefix is /usr/local."""
    python = [str(path.parent) for path in prefix.glob("lib*/python3*/*-packages/anochat")]
    path = f"{root}/bin:{prefix}/bin:{os.environ['PATH']}"
    kept = {name: os.environ[name] for name in ("CXX", "CXXFLAGS", "LANG") if name in os.environ}
    return {**kept, "PATH": path, "HOME": str(root), "ROOT": str(root), "PORT": port, "CMAKE_PREFIX_PATH": str(prefix),
            "PYTHONPATH": ":".join(python), "PYTHONDONTWRITEBYTECODE": "1"}


def run(script, root, prefix):
    port = free_port()
    for here, there in {"/usr/local": str(prefix), "/etc/": f"{root}/etc/", "/var/lib/": f"{root}/var/lib/",
                        "/run/credentials/": f"{root}/run/credentials/", PORT: port}.items():
        script = script.replace(here, there)
    (root / "bin").mkdir()
    (root / "etc/systemd/system").mkdir(parents=True)
    (root / "bin/systemctl").write_text(SYSTEMCTL)
    (root / "bin/systemctl").chmod(0o755)
    (root / "bin/python3").symlink_to(os.environ.get("PYTHON", sys.executable))
    log = root / "output"
    with log.open("wb") as file:
        shell = subprocess.Popen(["bash", "-c", script], cwd=root, env=environment(root, prefix, port), stdin=subprocess.DEVNULL,
                                 stdout=file, stderr=subprocess.STDOUT, start_new_session=True)
        try:
            shell.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            file.write(b"\n(this is where it hangs)\n")
        finally:
            os.killpg(shell.pid, signal.SIGKILL)  # what the page has left running
            shell.wait()
    return log.read_text(encoding="utf-8", errors="replace").replace(str(root), "")


def main():
    page, prefix = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]).resolve()
    script, expected = script_of(list(blocks_of(page.read_text(encoding="utf-8"))))
    with tempfile.TemporaryDirectory(prefix="anochat-quickstart-", ignore_cleanup_errors=True) as folder:
        root = pathlib.Path(folder)
        output = run(script, root, prefix)
        service = root / "service.log"
        output += service.read_text() if not output.endswith("@@done\n") and service.exists() else ""
    parts = re.split(r"^@@(\w+)\n", output, flags=re.M)
    printed = dict(zip(parts[1::2], parts[2::2]))
    if "done" not in printed:
        sys.exit(f"{page}: the commands fail:\n{output}")
    for number, text in expected.items():
        if text is not None and not pattern_of(text).fullmatch(printed[str(number)].strip() + "\n"):
            sys.exit(f"{page} says that it prints:\n{text}\nbut it prints:\n{printed[str(number)]}")
    print(f"{page.name}: {len(expected)} blocks of commands do what the page says")


if __name__ == "__main__":
    main()
