import os
import pathlib
import subprocess
import sys

import anochat
import anochat.sync
import pytest
from anochat.testing import MemoryRelay

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from app import create_app  # noqa: E402

TOKEN = "only for tests: at least 32 characters"


class World:
    """The service, a user of it, and the relay between them."""

    def __init__(self, relay, notices, user):
        self.relay, self.notices, self.user = relay, notices, user
        self.http = create_app(notices, TOKEN).test_client()

    def post(self, body, token=TOKEN):
        return self.http.post("/notices", json=body, headers={"Authorization": f"Bearer {token}"})

    def get(self, path, token=TOKEN):
        return self.http.get(path, headers={"Authorization": f"Bearer {token}"})


@pytest.fixture
def world():
    relay = MemoryRelay()
    with anochat.sync.Client(None, relay=relay) as notices, anochat.sync.Client(None, relay=relay) as user:
        user.allow(notices.account())
        yield World(relay, notices, user)


def test_a_notice_arrives_and_only_the_user_can_read_it(world):
    secret = "your parcel waits at the gate"
    answer = world.post({"to": world.user.account(), "text": secret})
    assert answer.status_code == 202
    message = next(world.user.messages(timeout=0))
    assert message.text == secret and message.sender.startswith(world.get("/address").json["address"])
    assert secret.encode() not in world.relay.everything_seen and world.relay.everything_seen
    message.mark_read()
    world.relay.pump()
    assert world.get(f"/notices/{answer.json['id']}").json == {"status": "read"}


def test_without_the_token_nobody_writes_or_looks(world):
    for token in ("", "wrong", TOKEN[:-1], TOKEN + "x", "\u00e9"):
        assert world.post({"to": world.user.account(), "text": "hi"}, token).status_code == 401
        assert world.get("/notices/1", token).status_code == 401
    assert world.http.get("/address").status_code == 200
    assert list(world.user.messages(timeout=0)) == []
    with pytest.raises(ValueError):
        create_app(world.notices, "short")


@pytest.mark.parametrize("body", [[], "hi", {}, {"to": "x"}, {"to": 1, "text": "hi"}, {"to": "ano1nobody", "text": "hi"}])
def test_what_is_no_notice_is_refused(world, body):
    assert world.post(body).status_code == 400
    assert world.notices.conversations() == []


def test_too_much_is_refused(world):
    assert world.post({"to": world.user.account(), "text": "x" * 70_000}).status_code == 413
    assert world.post({"to": world.user.account(), "text": "x" * 65_000}).status_code == 400  # more than a message holds
    allowed = {"Authorization": f"Bearer {TOKEN}"}
    endless = {"wsgi.input_terminated": True, "CONTENT_LENGTH": ""}
    assert world.http.post("/notices", data=b"{}", headers=allowed, environ_overrides=endless).status_code == 411
    assert world.http.post("/notices", data=b"{", headers=allowed, content_type="application/json").status_code == 400
    assert world.http.post("/notices", data=b"{", headers=allowed).status_code in (400, 415)  # by Flask's version
    assert list(world.user.messages(timeout=0)) == []


def test_answers_of_users_and_unknown_numbers_are_no_notices(world):
    world.post({"to": world.user.account(), "text": "hi"})
    next(world.user.messages(timeout=0)).reply("thanks")
    reply = next(world.notices.messages(timeout=0))
    assert world.get(f"/notices/{reply.id}").status_code == 404
    assert world.get("/notices/999").status_code == 404
    assert world.get(f"/notices/{2**64}").status_code == 404


def test_a_service_from_the_environment_keeps_its_account_and_ends_cleanly(tmp_path):
    script = "import app; service = app.from_environment(); print(service.test_client().get('/address').json['address'])"
    with anochat.Relay() as relay:
        environment = {**os.environ, "APP_STORE": str(tmp_path / "notices.db"), "APP_PASSPHRASE": "only for tests",
                       "APP_TOKEN": TOKEN, "APP_RELAY": relay.url, "PYTHONPATH": ":".join(sys.path), "PYTHONDONTWRITEBYTECODE": "1"}
        said = [subprocess.run([sys.executable, "-c", script], cwd=pathlib.Path(__file__).parent, env=environment,
                               capture_output=True, text=True, timeout=120) for _ in range(2)]
    for done in said:
        assert done.returncode == 0 and done.stderr == "", done.stderr
    assert said[0].stdout == said[1].stdout != ""
