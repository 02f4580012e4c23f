import datetime

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

import anochat
from app.core import tokens
from app.services import login


class Person:
    def __init__(self, server, name):
        self.http = httpx.Client(base_url=f"http://{server}", timeout=60)
        self.name, self.key = name, Ed25519PrivateKey.generate()
        self.address = anochat.AccountKey.generate().account

    @property
    def public_key(self):
        return self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()

    def register(self, **changes):
        return self.http.post("/users", json={"name": self.name, "login_key": self.public_key, "address": self.address, **changes})

    def challenge(self):
        return self.http.post("/login/challenge", json={"name": self.name}).json()["challenge"]

    def log_in(self, challenge, key=None, context=login.CONTEXT):
        signature = (key or self.key).sign(context + challenge.encode()).hex()
        return self.http.post("/login", json={"name": self.name, "challenge": challenge, "signature": signature})

    def get(self, path, token):
        return self.http.get(path, headers={"Authorization": f"Bearer {token}"})


@pytest.fixture
def alice(server):
    person = Person(server, "alice")
    assert person.register().status_code == 201
    yield person
    person.http.close()


def test_a_signed_challenge_gives_a_token_that_opens_the_door(alice):
    answer = alice.log_in(alice.challenge())
    assert answer.status_code == 200
    token = answer.json()["access_token"]
    assert alice.get("/users/me", token).json() == {"name": "alice", "address": alice.address}
    assert alice.get("/users/alice", token).status_code == 200
    assert alice.get("/users/nobody", token).status_code == 404


def test_without_a_good_token_the_door_stays_shut(alice, settings):
    now = datetime.datetime.now(datetime.timezone.utc)
    for token in ("x", "nonsense", tokens.issue("x" * 32, 1, now), tokens.issue(settings.token_secret, 999, now),
                  tokens.issue(settings.token_secret, 1, now - datetime.timedelta(hours=1))):
        assert alice.get("/users/me", token).status_code == 401
    assert alice.http.get("/users/alice").status_code == 401


def test_a_challenge_is_good_once_and_for_its_user(alice, server):
    challenge = alice.challenge()
    assert alice.log_in(challenge).status_code == 200
    assert alice.log_in(challenge).status_code == 401
    bob = Person(server, "bob")
    assert bob.register().status_code == 201
    assert bob.log_in(alice.challenge()).status_code == 401
    assert alice.log_in("0" * 64).status_code == 401


def test_a_wrong_signature_uses_the_challenge_up(alice):
    challenge = alice.challenge()
    assert alice.log_in(challenge, key=Ed25519PrivateKey.generate()).status_code == 401
    assert alice.log_in(challenge).status_code == 401
    assert alice.log_in(alice.challenge(), context=b"another service:").status_code == 401


def test_an_old_challenge_is_refused(alice, monkeypatch):
    challenge = alice.challenge()
    later = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=2)
    monkeypatch.setattr(login, "now", lambda: later)
    assert alice.log_in(challenge).status_code == 401


def test_who_asks_does_not_learn_who_is_registered(server):
    nobody = Person(server, "nobody")
    assert len(nobody.challenge()) == 64
    assert nobody.log_in(nobody.challenge()).status_code == 401


@pytest.mark.parametrize("changes", [{"name": ""}, {"name": "x" * 65}, {"login_key": "z" * 64}, {"login_key": "00"},
                                     {"address": "ano1" + "a" * 56}, {"address": ""}])
def test_what_is_no_registration_is_refused(server, changes):
    assert Person(server, "carol").register(**changes).status_code == 422


def test_names_and_addresses_are_taken_once(alice, server):
    assert Person(server, "alice").register().status_code == 409
    assert Person(server, "alicia").register(address=alice.address).status_code == 409
