"""The relay's engine, as a server of one's own would drive it."""

import pytest

import anochat
from anochat import _core


class Server:
    """Carries frames between clients and the engine, as sockets would."""

    def __init__(self, **options):
        self.engine = anochat.RelayEngine(**options)
        self.clients = {}

    def connect(self, client):
        connection = self.engine.open(b"127.0.0.0/24")
        client.connected()
        self.clients[connection] = client
        return connection

    def settle(self):
        is_busy = True
        while is_busy:
            is_busy = False
            for connection, client in self.clients.items():
                for frame in client.outgoing():
                    is_busy = True
                    self.engine.receive(connection, frame)
            self.engine.flush()
            for connection in self.engine.ready():
                for frame in self.engine.take(connection):
                    is_busy = True
                    self.clients[connection].receive(frame)


def core():
    return _core.Client(None, switches=(True, True, True, False))


def say(server, sender, receiver, text):
    sender.send_text(sender.conversation_with(receiver.account()), text)
    server.settle()


def received(client):
    return [row[1][3] for row in client.take_events() if row[0] == "MessageReceived"]


def test_clients_talk_through_the_engine():
    server = Server(name="relay")
    alice, bob = core(), core()
    for client in (alice, bob):
        server.connect(client)
    server.settle()
    assert alice.is_online() and bob.is_online()
    say(server, alice, bob, "hello")
    assert received(bob) == ["hello"]
    metrics = server.engine.metrics()
    assert "anochat_relay_logins 2" in metrics.replace("_total", "") and "hello" not in metrics
    assert server.engine.is_ready()


def test_a_relay_with_a_file_keeps_messages_for_those_who_are_away(tmp_path):
    path = tmp_path / "relay.db"
    alice, bob = core(), core()
    server = Server(store=str(path))
    server.connect(alice)
    away = server.connect(bob)
    server.settle()
    server.engine.close_connection(away)
    del server.clients[away]
    bob.disconnected()
    say(server, alice, bob, "the eagle lands")
    server.engine.close()
    assert b"eagle" not in path.read_bytes()
    server = Server(store=str(path))
    server.connect(bob)
    server.settle()
    assert received(bob) == ["the eagle lands"]


def test_what_is_no_frame_closes_the_connection():
    engine = anochat.RelayEngine()
    connection = engine.open(b"somewhere")
    assert engine.is_open(connection) and engine.wants_input(connection)
    assert engine.take(connection)  # its challenge
    engine.receive(connection, b"GET / HTTP/1.1\r\n")
    assert not engine.is_open(connection)
    engine.receive(connection, b"more")  # of no effect
    engine.receive(12_345, b"nobody's")
    assert engine.take(12_345) == []


def test_a_relay_that_drains_takes_nobody_in():
    engine = anochat.RelayEngine()
    engine.drain(1_000)
    assert not engine.is_ready()
    assert not engine.is_open(engine.open(b"late"))


def test_a_closed_relay_refuses_everything(tmp_path):
    engine = anochat.RelayEngine(store=str(tmp_path / "relay.db"))
    engine.close()
    engine.close()
    for call in (lambda: engine.open(b""), engine.flush, engine.tick, engine.metrics, engine.ready):
        with pytest.raises(anochat.WrongState):
            call()
    anochat.RelayEngine(store=str(tmp_path / "relay.db")).close()  # it let go of the file


def test_options_that_make_no_sense_are_refused(tmp_path):
    for options, error in [({"name": ""}, anochat.InvalidArgument), ({"name": "x" * 256}, anochat.InvalidArgument),
                           ({"store": 5}, TypeError), ({"speed": 9}, TypeError)]:
        with pytest.raises(error):
            anochat.RelayEngine(**options)
    (tmp_path / "other").write_bytes(b"no store" * 1_000)
    with pytest.raises(anochat.AnoChatError):
        anochat.RelayEngine(store=str(tmp_path / "other"))
    for wrong in ("text", None):
        with pytest.raises(TypeError):
            anochat.RelayEngine().open(wrong)
