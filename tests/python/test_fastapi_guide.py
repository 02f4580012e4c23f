"""The service of docs/guides/fastapi.md runs: it carries the relay, and writes to one of its users over it."""

import importlib.util
import json
import pathlib
import re
import socket
import threading
import urllib.parse
import urllib.request

import pytest

import anochat.sync

uvicorn = pytest.importorskip("uvicorn", reason="needs uvicorn")
pytest.importorskip("fastapi", reason="needs fastapi")
GUIDE = pathlib.Path(__file__).parent.parent.parent / "docs" / "guides" / "fastapi.md"


def load_service(folder):
    program = re.search(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.S).group(1)
    (folder / "service.py").write_text(program)
    spec = importlib.util.spec_from_file_location("service_of_the_guide", folder / "service.py")
    service = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(service)
    return service


def post(port, **values):
    request = urllib.request.Request(f"http://127.0.0.1:{port}/notices?{urllib.parse.urlencode(values)}", method="POST")
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def test_the_service_writes_to_a_user_over_the_relay_that_it_carries(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        monkeypatch.setenv("SERVICE_PASSPHRASE", "only for tests")
        monkeypatch.setenv("SERVICE_RELAY", f"ws://127.0.0.1:{port}/relay/")
        server = uvicorn.Server(uvicorn.Config(load_service(tmp_path).app, ws="wsproto", log_level="warning"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            with anochat.sync.Client(None, relay=f"ws://127.0.0.1:{port}/relay/", allow_strangers=True) as user:
                user.wait_until_online(timeout=60)
                assert post(port, to=user.account(), text="your parcel is here")["message"] > 0
                assert next(user.messages(timeout=60)).text == "your parcel is here"
        finally:
            server.should_exit = True
            thread.join(60)
    assert not thread.is_alive()
