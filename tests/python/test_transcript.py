"""Replays tests/transcript/*.txt, a script with every byte that it makes, as the C++ and C players do."""

import os
import pathlib

import pytest

import anochat
from anochat import _core
from anochat.testing import FakeClock, SeededRandom

FOLDER = pathlib.Path(os.environ.get("ANOCHAT_TEST_DATA", pathlib.Path(__file__).parent.parent)) / "transcript"
SCRIPTS = sorted(path for path in FOLDER.glob("*.txt") if path.name != "CMakeLists.txt")


class Party:
    def __init__(self, name, seed):
        self.name = name
        self.random = SeededRandom(seed)
        self.connection = None


class Player:
    """Runs the commands of tests/transcript/README.md and gives the lines of their results."""

    def __init__(self):
        self.clock, self.parties, self.clients = FakeClock(), {}, []
        self.bundle = self.message = b""

    @property
    def now(self):
        return {"now_ms": self.clock.now_ms()}

    def play(self, line):
        name, _, rest = line.partition(" ")
        try:
            return getattr(self, "do_" + name)(rest) or []
        except anochat.AnoChatError as error:
            names = {code: name for name, code in _core.CODES.items()}
            return ["! " + names[error.code]]

    def split(self, rest, count):
        """A party, then words, the last of which is the rest of the line."""
        name, *words = rest.split(" ", count)
        return (self.parties[name], *words)

    # --- the world ---
    def do_clock(self, rest):
        self.clock.set(int(rest))

    def do_advance(self, rest):
        self.clock.advance(int(rest))

    def do_party(self, rest):
        name, seed = rest.split()
        self.parties[name] = Party(name, int(seed))

    # --- sessions ---
    def do_device(self, rest):
        it, number = self.split(rest, 1)
        account = anochat.AccountKey.generate(random=it.random)
        it.device = anochat.Device.create(account, int(number), random=it.random)
        return ["= " + it.device.address, "= " + it.device.certificate.hex()]

    def do_prekeys(self, rest):
        it, count = self.split(rest, 1)
        it.prekeys = anochat.PreKeys(it.device, int(count), random=it.random, **self.now)

    def do_bundle(self, rest):
        self.bundle = self.parties[rest].prekeys.bundle(**self.now)
        return ["= " + self.bundle.hex()]

    def do_initiate(self, rest):
        it, peer = self.split(rest, 1)
        address = self.parties[peer].device.address
        it.session = anochat.Session.initiate(it.device, self.bundle, address, random=it.random, **self.now)

    def do_encrypt(self, rest):
        it, text = self.split(rest, 1)
        self.message = it.session.encrypt(text.encode())
        return ["= " + self.message.hex()]

    def do_accept(self, rest):
        it = self.parties[rest]
        accepted = anochat.accept(it.device, it.prekeys, self.message, random=it.random, **self.now)
        it.session = accepted.session
        return ["= " + accepted.content.hex()]

    def do_decrypt(self, rest):
        return ["= " + self.parties[rest].session.decrypt(self.message, **self.now).hex()]

    def do_signal(self, rest):
        it, text = self.split(rest, 1)
        self.message = it.session.seal_signal(text.encode(), **self.now)
        return ["= " + self.message.hex()]

    def do_open_signal(self, rest):
        return ["= " + self.parties[rest].session.open_signal(self.message, **self.now).hex()]

    def do_save(self, rest):
        return ["= " + self.parties[rest].session.save().hex()]

    def do_reload(self, rest):
        it = self.parties[rest]
        it.session = anochat.Session.load(it.session.save(), random=it.random)

    def do_export(self, rest):
        it, label = self.split(rest, 1)
        return ["= " + it.session.export_secret(label).hex()]

    # --- clients ---
    def do_relay(self, rest):
        self.relay_name, seed = rest.split()
        self.engine = anochat.RelayEngine(name=self.relay_name, clock=self.clock, random=SeededRandom(int(seed)))

    def do_client(self, rest):
        it, count = self.split(rest, 1)
        it.client = _core.Client(None, clock=self.clock, random=it.random, relay_name=self.relay_name, name=it.name,
                                 one_time_prekeys=int(count))
        self.clients.append(it)
        return ["= " + it.client.address()]

    def do_connect(self, rest):
        it = self.parties[rest]
        it.connection = self.engine.open(it.name.encode())
        it.client.connected()

    def do_disconnect(self, rest):
        it = self.parties[rest]
        self.engine.close_connection(it.connection)
        it.connection = None
        it.client.disconnected()

    def do_pump(self, _rest):
        lines, has_moved = [], True
        while has_moved:
            before = len(lines)
            connected = [it for it in self.clients if it.connection is not None]
            for it in connected:
                for frame in it.client.outgoing():
                    lines.append(f"> {it.name} {frame.hex()}")
                    self.engine.receive(it.connection, frame)
            self.engine.flush()
            for it in connected:
                for frame in self.engine.take(it.connection, 2**64 - 1):
                    lines.append(f"< {it.name} {frame.hex()}")
                    it.client.receive(frame)
            has_moved = len(lines) > before
        return lines

    def do_conversation(self, rest):
        it, peer = self.split(rest, 1)
        return [f"= {it.client.conversation_with(self.parties[peer].client.account())}"]

    def do_allow(self, rest):
        it, peer = self.split(rest, 1)
        it.client.allow(self.parties[peer].client.account())

    def do_say(self, rest):
        it, conversation, text = self.split(rest, 2)
        return [f"= {it.client.send_text(int(conversation), text)}"]

    def do_reply(self, rest):
        it, message, text = self.split(rest, 2)
        return [f"= {it.client.reply(int(message), text)}"]

    def do_edit(self, rest):
        it, message, text = self.split(rest, 2)
        it.client.edit(int(message), text)

    def do_react(self, rest):
        it, message, emoji = self.split(rest, 2)
        it.client.react(int(message), emoji, True)

    def do_read(self, rest):
        it, conversation, message = self.split(rest, 2)
        it.client.mark_read(int(conversation), int(message))

    def do_events(self, rest):
        return ["= " + line_of(row) for row in self.parties[rest].client.take_events()]

    def do_history(self, rest):
        it, conversation = self.split(rest, 1)
        rows, _, _ = it.client.page(int(conversation))
        return [f"= {row[0]} {'out' if row[5] else 'in'} {row[8]} {row[3].encode().hex()}" for row in rows]


def line_of(row):
    name, *fields = row
    snake = "".join("_" + letter.lower() if letter.isupper() else letter for letter in name)[1:]
    conversation = message = 0
    if name == "MessageReceived":
        message, conversation = fields[0][:2]
    elif name in ("MessageEdited", "MessageDeleted", "ReactionsChanged"):
        conversation, message = fields
    elif name == "MessageStatus":
        message = fields[0]
    elif name == "ContactRequest":
        conversation = fields[1]
    elif name in ("TimerChanged", "Typing", "CallSignal", "CallMissed"):
        conversation = fields[0]
    return f"{snake} {conversation} {message}"


def test_there_is_a_script():
    assert SCRIPTS


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_every_byte_is_the_same_as_in_the_other_languages(path):
    player, results, count = Player(), [], 0
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line[:1] in ("=", "!", ">", "<"):
            assert results, f"line {number}: Python made nothing more, expected {line[:100]}"
            assert results.pop(0) == line, f"line {number}"
            count += 1
        elif line and not line.startswith("#"):
            assert not results, f"line {number}: Python also made {results[0][:100]}"
            results = player.play(line)
    assert not results and count > 50
