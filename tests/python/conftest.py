"""What the tests of the Python package share: parties, pairs of clients, and scripts in a process of their own."""

import asyncio
import subprocess
import sys
import textwrap

import pytest

import anochat
import anochat.sync
from anochat.testing import MemoryRelay, SeededRandom

CHEAP = {"kdf_memory_kib": 19_456}  # the least that is allowed: these passphrases guard nothing


class Party:
    """An account with one device, its prekeys, and repeatable randomness."""

    def __init__(self, seed):
        self.random = SeededRandom(seed)
        self.account = anochat.AccountKey.generate(random=self.random)
        self.device = anochat.Device.create(self.account, random=self.random)
        self.prekeys = anochat.PreKeys(self.device, 2, random=self.random)

    def session_with(self, peer):
        return anochat.Session.initiate(self.device, peer.prekeys.bundle(), peer.device.address, random=self.random)


@pytest.fixture
def parties():
    return Party(1), Party(2)


@pytest.fixture
def sessions(parties):
    """Two sessions of one conversation; both sides have spoken."""
    alice, bob = parties
    mine = alice.session_with(bob)
    accepted = anochat.accept(bob.device, bob.prekeys, mine.encrypt(b"hello"), random=bob.random)
    mine.decrypt(accepted.session.encrypt(b"hello yourself"))
    return mine, accepted.session


@pytest.fixture
def relay():
    return MemoryRelay(recording=False)


@pytest.fixture
def friends(relay):
    """Two blocking clients that let each other in."""
    with anochat.sync.Client(None, relay=relay, allow_strangers=True) as alice:
        with anochat.sync.Client(None, relay=relay, allow_strangers=True) as bob:
            yield alice, bob


def run_async(main, timeout=120):
    """Runs a coroutine to its end; a generous deadline instead of a test that hangs."""

    async def bounded():
        return await asyncio.wait_for(main, timeout)

    return asyncio.run(bounded())


def run_script(text, *arguments, timeout=120, check=True, **options):
    """A script in a fresh interpreter. Returns what it said; by default it must end well and quietly."""
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-W", "error::RuntimeWarning", "-c", textwrap.dedent(text), *map(str, arguments)],
        capture_output=True, text=True, timeout=timeout, **options)
    if check:
        assert done.returncode == 0, f"status {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert done.stderr == ""
    return done
