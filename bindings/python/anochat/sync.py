"""The blocking face, for scripts and threads: the same calls as :class:`anochat.Client`, without ``await``.

    import anochat.sync

    with anochat.sync.Client("me.db", passphrase="correct horse", relay="wss://relay.example") as me:
        me.send("ano1...", "hello")
        for message in me.messages(timeout=10):
            message.reply("got it")

Every call blocks, and lets other threads run meanwhile.
"""

from __future__ import annotations

import collections
import datetime
import os
import select
import time
from dataclasses import dataclass, field
from typing import Any, Iterator, NoReturn, Optional, Union

from . import client as _asyncio_face
from ._operations import Operations, Peer
from ._options import make_options
from .errors import TimedOut, WrongState
from .events import MessageReceived, Other
from .values import MessageData, SearchHit, message_fields


@dataclass(frozen=True)
class Message(MessageData):
    """A message with the client that has read it."""

    _client: Optional[Client] = field(default=None, repr=False, compare=False)

    def reply(self, text: str) -> Message:
        """Answers this message."""
        return self._owner().reply(self, text)

    def react(self, emoji: str, is_on: bool = True) -> None:
        """Adds a reaction, or takes it back."""
        self._owner().react(self, emoji, is_on)

    def mark_read(self) -> None:
        """Says that everything up to here was read."""
        self._owner().mark_read(self)

    def _owner(self) -> Client:
        if self._client is None:
            raise WrongState("this message belongs to no client; fetch it by its id")
        return self._client

    def __reduce__(self) -> NoReturn:
        raise TypeError("a message belongs to its client; keep its id, or copy the fields you need")


#: What ``events()`` yields: one of the classes of :mod:`anochat.events`.
Event = Union[MessageReceived[Message], Other]


class Client(Operations[Message]):
    """One device of an account; every call blocks. The options are those of :class:`anochat.Client`.

    Safe to use from several threads. Use it in a ``with`` statement, or call :meth:`open` and :meth:`close`.
    """

    def __init__(self, path: Union[None, str, os.PathLike[str]], **options: Any) -> None:
        super().__init__(make_options(path, options), lambda row: Message(**message_fields(row), _client=self))
        self._taken: collections.deque[Event] = collections.deque()

    def __enter__(self) -> Client:
        self.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return "<anochat.sync.Client>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a client holds private keys and an open file; open it again by its path instead")

    def wait_until_online(self, timeout: float = 30.0) -> None:
        """Returns when the relay has let this client in. Raises :class:`TimedOut`."""
        deadline = time.monotonic() + timeout
        while not self.state().is_online:
            if time.monotonic() >= deadline:
                raise TimedOut("the relay has not let this client in")
            time.sleep(0.02)

    def events(self, timeout: Optional[float] = None) -> Iterator[Event]:
        """Events as they come; ends when none has come for ``timeout`` seconds, or when the client is closed. Use one of
        ``events()`` and ``messages()`` at a time: what one has taken the other does not see."""
        while True:
            event = self.next_event(timeout)
            if event is None:
                return
            yield event

    def messages(self, timeout: Optional[float] = None) -> Iterator[Message]:
        """Messages of others as they come; ends when none has come for ``timeout`` seconds, or when it is closed."""
        deadline = _deadline(timeout)
        while True:
            event = self.next_event(_left(deadline))
            if event is None:
                return
            if isinstance(event, MessageReceived) and event.message is not None and not event.is_outgoing:
                yield event.message
                deadline = _deadline(timeout)

    def next_event(self, timeout: Optional[float] = None) -> Optional[Event]:
        """Waits for one event. None when the time is over or the client is closed."""
        deadline = _deadline(timeout)
        while True:
            try:
                return self._taken.popleft()
            except IndexError:
                pass
            try:
                self._taken.extend(self.take_events())
                descriptor = self.core.event_fd()
            except WrongState:
                if self._core is None:
                    raise
                return None
            left = _left(deadline)
            if not self._taken:
                if left is not None and left <= 0:
                    return None
                _wait_readable(descriptor, left)

    def history(self, peer: Peer, limit: Optional[int] = None) -> Iterator[Message]:
        """The messages of a conversation, newest first."""
        return _first(limit, self.history_pages(peer))

    def search(self, text: str, *, peer: Optional[Peer] = None, sender: Optional[str] = None,
               since: Optional[datetime.datetime] = None, until: Optional[datetime.datetime] = None,
               limit: Optional[int] = None) -> Iterator[SearchHit[Message]]:
        """Messages with all of these words, newest first; the last word may be the beginning of one."""
        return _first(limit, self.search_pages(text, peer=peer, sender=sender, since=since, until=until))


for _name, _call in vars(Operations).items():
    _same = getattr(_asyncio_face.Client, _name, None)
    if callable(_call) and _same is not None and not _name.startswith("_"):
        _call.__doc__ = _call.__doc__ or _same.__doc__  # the calls are the same, and so is what they do


def _deadline(timeout: Optional[float]) -> Optional[float]:
    return None if timeout is None else time.monotonic() + timeout


def _left(deadline: Optional[float]) -> Optional[float]:
    return None if deadline is None else deadline - time.monotonic()


def _wait_readable(descriptor: int, seconds: Optional[float]) -> None:
    """Waits a second at most: another thread may close the client, and with it the descriptor."""
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    poll.poll(1_000 if seconds is None else min(1_000.0, seconds * 1_000))


def _first(limit: Optional[int], pages: Iterator[list[Any]]) -> Iterator[Any]:
    left = limit
    for page in pages:
        for item in page:
            if left is not None:
                if left <= 0:
                    return
                left -= 1
            yield item


__all__ = ["Client", "Event", "Message"]
