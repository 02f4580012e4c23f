"""The examples run as they are published, and so does every snippet of docs/guides/python.md."""

import os
import pathlib
import re
import subprocess
import sys

import pytest

from anochat import _core

ROOT = pathlib.Path(__file__).parent.parent.parent
HERE = pathlib.Path(__file__).parent
BOT = ROOT / "examples" / "python" / "echo_bot.py"
GUIDE = ROOT / "docs" / "guides" / "python.md"
needs_network = pytest.mark.skipif(not _core.HAS_NETWORK, reason="built without the network layers")


def run(*command):
    done = subprocess.run([sys.executable, *map(str, command)], capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_bot_is_short():
    assert len([line for line in BOT.read_text().splitlines() if line.strip()]) <= 12


@needs_network
def test_the_bot_answers_a_client():
    assert "has answered" in run(HERE / "echo_and_cli.py", BOT)


@needs_network
def test_the_bot_answers_the_command_line():
    program = os.environ.get("ANOCHAT_CLI", "")
    if not os.access(program, os.X_OK):
        pytest.skip("the command line was not built: build the target anochat_cli")
    assert "answered the command line" in run(HERE / "echo_and_cli.py", BOT, program)


SNIPPETS = re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.S) if GUIDE.exists() else []


def test_the_guide_has_snippets():
    assert len(SNIPPETS) >= 5


@needs_network
@pytest.mark.parametrize("number", range(len(SNIPPETS)))
def test_a_snippet_of_the_guide_runs(number, tmp_path):
    script = tmp_path / "snippet.py"
    script.write_text(SNIPPETS[number])
    done = subprocess.run([sys.executable, script], cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
