"""The types: the stub of the native half tells the truth, the package is strictly typed, and everything has a docstring."""

import ast
import importlib.util
import inspect
import os
import pathlib
import subprocess
import sys

import pytest

import anochat
from anochat import _core

ROOT = pathlib.Path(anochat.__file__).parent
needs_mypy = pytest.mark.skipif(importlib.util.find_spec("mypy") is None, reason="mypy is not installed")
NETWORK = ("RelayServer", "Client.connect ", "Client.state ", "Client.wait_until_online ", "Client.reconnect ")


def run(tmp_path, *command):
    environment = {**os.environ, "MYPYPATH": str(ROOT.parent)}
    return subprocess.run([sys.executable, "-m", *command], capture_output=True, text=True, cwd=tmp_path, env=environment)


@needs_mypy
def test_the_stub_of_the_native_half_is_true(tmp_path):
    done = run(tmp_path, "mypy.stubtest", "--concise", "anochat._core")
    left = [line for line in done.stdout.splitlines() if line.startswith("anochat.")
            and "metaclass differs" not in line  # pybind11's own
            and (_core.HAS_NETWORK or not any(name in line + " " for name in NETWORK))]
    assert left == [] and "Traceback" not in done.stderr
    assert "metaclass differs" in done.stdout, "stubtest has looked at nothing:\n" + done.stdout + done.stderr


@needs_mypy
def test_the_package_is_strictly_typed(tmp_path):
    done = run(tmp_path, "mypy", "--strict", "-p", "anochat", "--cache-dir", str(tmp_path / "cache"))
    assert done.returncode == 0, done.stdout + done.stderr


@needs_mypy
def test_a_program_sees_the_types(tmp_path):
    (tmp_path / "bot.py").write_text(
        "import anochat\n"
        "async def main() -> None:\n"
        "    async with anochat.Client('x', passphrase='y') as me:\n"
        "        async for message in me.messages():\n"
        "            reveal_type(await message.reply(message.text))\n"
        "            await message.reply(5)\n")
    done = run(tmp_path, "mypy", "--strict", "bot.py", "--cache-dir", str(tmp_path / "cache"))
    assert 'Revealed type is "anochat.client.Message"' in done.stdout
    assert 'bot.py:6: error: Argument 1 to "reply" of "Message" has incompatible type "int"' in done.stdout
    assert "Found 1 error" in done.stdout


def test_the_package_says_that_it_is_typed():
    assert (ROOT / "py.typed").exists()


def test_everything_public_is_there_and_has_a_docstring():
    for name in anochat.__all__:
        thing = getattr(anochat, name)
        if inspect.isclass(thing) and not issubclass(thing, int):
            assert (thing.__doc__ or "").strip(), name
    for name, member in inspect.getmembers(anochat.Client):
        if not name.startswith("_") and callable(member):
            assert (member.__doc__ or "").strip(), name


def test_the_version_is_the_projects():
    assert anochat.__version__.count(".") == 2


def test_the_stub_describes_what_the_native_half_does():
    """Editors show the stub's docstrings, and so does the documentation site: they are those of the native half."""
    stub = ast.parse((ROOT / "_core.pyi").read_text(encoding="utf-8"))
    count = 0
    for kind in (node for node in stub.body if isinstance(node, ast.ClassDef)):
        native = getattr(_core, kind.name, None)
        if native is None and not _core.HAS_NETWORK:
            continue
        assert ast.get_docstring(kind) == native.__doc__ or kind.name in ("Client", "RelayServer", "MemoryRelay"), kind.name
        for member in (node for node in kind.body if isinstance(node, ast.FunctionDef) and ast.get_docstring(node)):
            found = vars(native)[member.name]
            found = found.__func__ if isinstance(found, staticmethod) else found
            assert ast.get_docstring(member) == found.__doc__, f"{kind.name}.{member.name}"
            count += 1
    assert count > 50
