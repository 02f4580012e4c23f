#!/usr/bin/env python3
"""test.py <anochat_relay_server> <relay.toml> - starts the server as its owner would."""
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.request

SERVER, CONFIG = (os.path.abspath(path) for path in sys.argv[1:3])
UPGRADE = (b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n")


def run(*arguments):
    return subprocess.run([SERVER, *arguments], capture_output=True, text=True, timeout=30)


class Running:
    """A server in a folder of its own."""

    def __init__(self, folder, *arguments):
        self.process = subprocess.Popen([SERVER, *arguments], cwd=folder, stderr=subprocess.PIPE, text=True)
        self.lines = []
        while not self.lines or self.lines[-1]["event"] != "relay.listening":
            self.lines.append(json.loads(self.process.stderr.readline()))
        self.port = self.lines[-1]["port"]

    def get(self, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=30) as answer:
            return answer.status, answer.read().decode()

    def end(self, number):
        self.process.send_signal(number)
        rest = self.process.stderr.read()
        self.lines += [json.loads(line) for line in rest.splitlines()]
        return self.process.wait(timeout=60)


def check_serves(folder, number):
    server = Running(folder, "--config", CONFIG, "--port", "0")
    assert server.get("/healthz") == (200, "ok\n")
    assert server.get("/readyz") == (200, "ready\n")
    assert "anochat_relay_connections 0" in server.get("/metrics")[1]
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as client:
        client.sendall(UPGRADE)
        assert client.recv(4096).startswith(b"HTTP/1.1 101 ")
        assert server.end(number) == 0, server.lines  # drains, although this client does not answer
    events = [line["event"] for line in server.lines]
    assert events[-1] == "relay.stopped" and "relay.draining" in events, events
    assert all(set(line) >= {"time", "level", "event"} for line in server.lines)
    assert os.stat(os.path.join(folder, "relay.db")).st_mode & 0o777 == 0o600


def check_refuses(folder):
    def written(text):
        path = os.path.join(folder, "bad.toml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    cases = {
        "[limits]\nconections = 5\n": "limits.conections: there is no such key",
        "[nonsense]\n": "nonsense: there is no such section",
        "[server]\nport = 65536\n": "server.port: expected a whole number",
        "[server]\nport = -1\n": "server.port: expected a whole number",
        "[server]\nport = \"80\"\n": "server.port: expected a whole number",
        "[server]\nmetrics = \"all\"\n": "server.metrics: expected one of",
        "[relay]\nname = 3\n": "relay.name: expected a text",
        "[limits]\nframes = 5\n": "limits.frames: expected [at once, per second]",
        "[limits]\nframes = [0, 1]\n": "limits.frames: expected [at once, per second], both above 0",
        "[drain]\ndeadline = \"20\"\n": "drain.deadline: expected a time",
        "[drain]\ndeadline = \"99999999999999999999s\"\n": "drain.deadline: expected a time",
        "[server\n": "bad.toml:",
    }
    for text, expected in cases.items():
        result = run("--config", written(text), "--check")
        assert result.returncode == 2 and expected in result.stderr, (text, result)
    assert run("--config", os.path.join(folder, "none.toml")).returncode == 2
    assert run("--no-such-flag").returncode == 2
    everybody = run("--address", "0.0.0.0", "--port", "0")
    assert everybody.returncode == 1 and "without a certificate" in everybody.stderr, everybody


def check_taken(folder):
    """A port and a file that somebody has: said in words, and the one who has them goes on."""
    server = Running(folder, "--config", CONFIG, "--port", "0")
    port = run("--port", str(server.port))
    assert port.returncode == 1 and f"cannot listen on 127.0.0.1:{server.port}" in port.stderr, port
    store = os.path.join(folder, "relay.db")
    file = run("--port", "0", "--store", store)
    assert file.returncode == 1 and f"another relay has {store} open" in file.stderr, file
    assert server.get("/healthz") == (200, "ok\n")
    assert server.end(signal.SIGTERM) == 0


def check_defaults_of_file():
    """relay.toml is good, and what it calls defaults are the ones in the headers."""
    result = run("--config", CONFIG, "--check")
    assert result.returncode == 0, result
    here = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "include", "anochat", "relay")
    with open(os.path.join(here, "relay_options.hpp"), encoding="utf-8") as file:
        header = file.read().replace("'", "")
    with open(CONFIG, encoding="utf-8") as file:
        config = file.read()
    for key in ("frames", "bytes", "submissions", "account_submissions", "address_connections", "logins"):
        in_file = re.search(rf"^{key} = \[(.*?)\]", config, re.M).group(1)
        in_header = re.search(rf"Rate {key}\{{(.*?)\}}", header).group(1)
        assert in_file == in_header, (key, in_file, in_header)


def main():
    with tempfile.TemporaryDirectory() as folder:
        check_defaults_of_file()
        check_refuses(folder)
        check_taken(folder)
        check_serves(folder, signal.SIGTERM)
        check_serves(folder, signal.SIGINT)  # and it opens the store of the first
    print("serves, drains and refuses as it should")


main()
