"""For tests of your application: time that stands still, repeatable randomness, and a relay without sockets.

    from anochat.testing import MemoryRelay

    relay = MemoryRelay()
    with anochat.sync.Client(None, relay=relay) as alice, anochat.sync.Client(None, relay=relay) as bob:
        alice.send(bob.account(), "hello")

Never use :class:`SeededRandom` for real keys.
"""

from __future__ import annotations

import threading
from typing import Optional

from . import _core
from ._core import FakeClock, SeededRandom


class MemoryRelay:
    """A whole relay in memory. Clients that were opened with ``relay=`` this object exchange their frames within each call:
    when ``send()`` returns, the message has arrived at whoever is connected."""

    def __init__(self, *, clock: Optional[_core.Clock] = None, random: Optional[_core.Random] = None,
                 name: str = "relay.test", recording: bool = True) -> None:
        self._core = _core.MemoryRelay(clock=clock, random=random, name=name)
        self._core.set_recording(recording)
        self._lock = threading.RLock()
        self._links: list[_Link] = []

    def attach(self, core: _core.Client) -> _Link:
        """Connects a client; the client does this itself."""
        with self._lock:
            link = _Link(self, core)
            self._links.append(link)
            return link

    def pump(self) -> None:
        """Carries frames until nobody has anything more to say. Call it after the clock was moved."""
        with self._lock:
            for link in list(self._links):
                link.tick()
            while any([link.exchange() for link in list(self._links)]):
                pass

    @property
    def everything_seen(self) -> bytes:
        """Every byte that the relay has been given, to assert what is not in it."""
        return self._core.everything_seen()

    @property
    def waiting(self) -> int:
        """Envelopes in all mailboxes."""
        return self._core.waiting()

    def _detach(self, link: _Link) -> None:
        with self._lock:
            if link in self._links:
                self._links.remove(link)
                self._core.disconnect(link.connection)


class _Link:
    """One client's connection."""

    def __init__(self, relay: MemoryRelay, core: _core.Client) -> None:
        self._relay = relay
        self._client = core
        self.connection = relay._core.connect()
        core.connected()

    def pump(self) -> None:
        self._relay.pump()

    def detach(self) -> None:
        self._relay._detach(self)

    def tick(self) -> None:
        self._client.tick()

    def exchange(self) -> bool:
        """Both ways, once. Says whether anything was carried."""
        relay = self._relay._core
        frames = self._client.outgoing()
        for frame in frames:
            relay.receive(self.connection, frame)
        answers = relay.take(self.connection)
        for frame in answers:
            self._client.receive(frame)
        if not relay.is_open(self.connection):
            self._client.disconnected()
            self._relay._detach(self)
        return bool(frames or answers)


__all__ = ["FakeClock", "MemoryRelay", "SeededRandom"]
