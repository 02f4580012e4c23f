"""The asyncio face of the client."""

from __future__ import annotations

import asyncio
import concurrent.futures
import datetime
import os
import warnings
from dataclasses import dataclass, field
from typing import (Any, AsyncIterator, Callable, Generic, Iterator, List, NoReturn, Optional, Sequence, TypeVar, Union)

from . import _core
from ._operations import Operations, Peer, Which
from ._options import KeySource, Relay, make_options
from ._pump import Pump
from .errors import TimedOut, WrongState
from .events import EventsLost, MessageReceived, Other
from .values import (Address, ConnectionState, Contact, Conversation, Explanation, MessageData, Presence, Reaction, SafetyNumber,
                     ScanResult, SearchHit, Stats, Trust, message_fields)

T = TypeVar("T")
Account = Union[str, Address, Contact]


@dataclass(frozen=True)
class Message(MessageData):
    """A message with the client that has read it. Its text is not shown by ``repr``."""

    _client: Optional[Client] = field(default=None, repr=False, compare=False)

    async def reply(self, text: str) -> Message:
        """Answers this message."""
        return await self._owner().reply(self, text)

    async def react(self, emoji: str, is_on: bool = True) -> None:
        """Adds a reaction, or takes it back."""
        await self._owner().react(self, emoji, is_on)

    async def mark_read(self) -> None:
        """Says that everything up to here was read."""
        await self._owner().mark_read(self)

    def _owner(self) -> Client:
        if self._client is None:
            raise WrongState("this message belongs to no client; fetch it by its id")
        return self._client

    def __reduce__(self) -> NoReturn:
        raise TypeError("a message belongs to its client; keep its id, or copy the fields you need")


#: What ``events()`` yields: one of the classes of :mod:`anochat.events`.
Event = Union[MessageReceived[Message], Other]


class Listing(Generic[T]):
    """Something to iterate over with ``async for``, or with a plain ``for`` that blocks while it reads the store."""

    def __init__(self, client: Client, pages: Callable[[], Iterator[List[T]]], limit: Optional[int]) -> None:
        self._client = client
        self._pages = pages
        self._limit = limit

    def __iter__(self) -> Iterator[T]:
        left = self._limit
        for page in self._pages():
            for item in page if left is None else page[:left]:
                yield item
            if left is not None:
                left -= len(page)
                if left <= 0:
                    return

    async def __aiter__(self) -> AsyncIterator[T]:
        left = self._limit
        pages = self._pages()
        while left is None or left > 0:
            page: List[T] = await self._client._run(next, pages, [])
            if not page:
                return
            for item in page if left is None else page[:left]:
                yield item
            if left is not None:
                left -= len(page)


class Client:
    """One device of an account, for asyncio.

        async with anochat.Client("bot.db", passphrase="correct horse", relay="wss://relay.example") as me:
            print(me.address)
            async for message in me.messages():
                await message.reply(message.text)

    The store is made when there is none; ``me.address`` is then the new account's. Everything is kept in it: messages that
    were sent while offline leave later, and nothing is lost when the process dies. Calls run in a thread of the client's
    own, so the loop never waits for the disk; a cancelled call may still have happened.

    One event loop per object; the loop must be able to watch descriptors, as every loop on Linux and macOS is.

    :param path: the store's file, or None for one in memory that is gone with the client
    :param passphrase: str or bytes that open the store, or a function that returns them
    :param key: 32 random bytes instead of a passphrase, or a function that returns them
    :param relay: ``"wss://host[:port][/path]"``, an :class:`anochat.Relay` of this process, or None to stay offline
    :param mode: ``"open"``, ``"create"`` or ``"open_or_create"``
    :param relay_name: the relay's own name; one that introduces itself differently gets no login
    :param name: how the account is shown to those who may write; only used when it is made
    :param allow_strangers: whoever writes first is allowed at once: for bots
    :param block_new_devices: send nothing to an account that adds a device until ``accept_identity()``
    :param delivery_receipts: tell senders that their messages have arrived
    :param read_receipts: tell senders what was read
    :param ca_file: PEM certificates that are trusted instead of the system's
    :param pins: ``"sha256/<base64>"`` of the relay's public key
    :param allow_plain: allow ``ws://`` to other machines, which shows an observer when and how much is sent
    :param proxy: ``"http://host:port"``
    :param kdf_memory_kib: memory that strengthening the passphrase takes, 19,456 to 1,048,576
    """

    def __init__(self, path: Union[None, str, os.PathLike[str]], *, passphrase: KeySource = None, key: KeySource = None,
                 relay: Relay = None, mode: str = "open_or_create", relay_name: str = "", name: str = "", about: str = "",
                 allow_strangers: bool = False, block_new_devices: bool = False, delivery_receipts: bool = True,
                 read_receipts: bool = True, ca_file: str = "", pins: Sequence[str] = (), allow_plain: bool = False,
                 proxy: str = "", kdf_memory_kib: Optional[int] = None, clock: Optional[_core.Clock] = None,
                 random: Optional[_core.Random] = None) -> None:
        options = make_options(path, dict(
            passphrase=passphrase, key=key, relay=relay, mode=mode, relay_name=relay_name, name=name, about=about,
            allow_strangers=allow_strangers, block_new_devices=block_new_devices, delivery_receipts=delivery_receipts,
            read_receipts=read_receipts, ca_file=ca_file, pins=pins, allow_plain=allow_plain, proxy=proxy,
            kdf_memory_kib=kdf_memory_kib, clock=clock, random=random))
        self._ops: Operations[Message] = Operations(options, lambda row: Message(**message_fields(row), _client=self))
        self._threads: Optional[concurrent.futures.ThreadPoolExecutor] = None
        self._pump = Pump(self._take, lambda: self._ops.core.event_fd())
        self._address = ""
        self._pid = os.getpid()

    # --- life ---

    async def open(self) -> Client:
        """What ``async with`` does first."""
        if self._threads is not None:
            raise WrongState("the client is open already, or was closed; make another one")
        self._threads = concurrent.futures.ThreadPoolExecutor(1, thread_name_prefix="anochat")
        opening = asyncio.wrap_future(self._threads.submit(self._open_now))
        try:
            self._address = await asyncio.shield(opening)
        except BaseException:
            self._threads.submit(self._ops.close)
            self._threads.shutdown(wait=True)
            self._pump.close()
            raise
        return self

    async def close(self) -> None:
        """Sends what is ready to be sent if that is soon possible, closes connection and store, and ends the client's
        threads. Iterators end. Safe to call again."""
        if self._threads is None or self._pump.is_closed or os.getpid() != self._pid:
            return
        self._pump.close()
        closing = asyncio.wrap_future(self._threads.submit(self._ops.close))
        try:
            await asyncio.shield(closing)
        finally:
            self._threads.shutdown(wait=True)  # joins at once, unless the task was cancelled while closing

    async def __aenter__(self) -> Client:
        return await self.open()

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def __del__(self) -> None:
        threads = getattr(self, "_threads", None)
        if threads is not None and not self._pump.is_closed and os.getpid() == self._pid:
            warnings.warn("a client was not closed; use it in an async with statement", ResourceWarning, source=self)
            threads.shutdown(wait=False)
            self._ops.close()

    def __repr__(self) -> str:
        return "<anochat.Client>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a client holds private keys and an open file; open it again by its path instead")

    # --- about this client ---

    @property
    def address(self) -> Address:
        """This device. ``address.account`` is what others need to write to it."""
        self._must_be_open()
        return Address.parse(self._address)

    @property
    def account(self) -> str:
        """This account's address as text: give it to those who shall write."""
        return self.address.account

    async def state(self) -> ConnectionState:
        """What the client is doing about its connection, and why it is not online."""
        return await self._run(self._ops.state)

    async def wait_until_online(self, timeout: Optional[float] = 30.0) -> None:
        """Returns when the relay has let this client in. Raises :class:`TimedOut`."""
        loop = asyncio.get_running_loop()
        deadline = None if timeout is None else loop.time() + timeout
        while not (await self.state()).is_online:
            if deadline is not None and loop.time() >= deadline:
                raise TimedOut("the relay has not let this client in")
            await asyncio.sleep(0.02)

    async def stats(self) -> Stats:
        """What is in the store."""
        return await self._run(self._ops.stats)

    async def add_recovery_key(self) -> str:
        """A key to write down on paper: it opens the store when the passphrase is forgotten."""
        return await self._run(self._ops.add_recovery_key)

    async def change_passphrase(self, passphrase: Union[str, bytes]) -> None:
        """From now on this passphrase opens the store, and the old one does not."""
        await self._run(self._ops.change_passphrase, passphrase)

    async def set_profile(self, name: str, about: str = "", avatar: bytes = b"") -> None:
        """How this account is shown to those who are allowed to write."""
        await self._run(self._ops.set_profile, name, about, avatar)

    # --- what happens ---

    def messages(self) -> AsyncIterator[Message]:
        """
        Messages of others as they come. What no iterator has passed waits for the next one; ends when the client is closed.
        """
        return self._pump.feed(_incoming, _nothing)

    def events(self) -> AsyncIterator[Event]:
        """Everything that happens (see :mod:`anochat.events`), as it happens."""
        return self._pump.feed(_everything, EventsLost)

    # --- writing ---

    async def send(self, to: Peer, text: str) -> Message:
        """Sends a text, also while offline. When this returns the message is stored and will leave."""
        return await self._run(self._ops.send, to, text)

    async def send_many(self, to: Peer, texts: Sequence[str]) -> list[int]:
        """Sends texts in one transaction, which costs one sync of the disk: all or none. Returns their ids."""
        return await self._run(self._ops.send_many, to, texts)

    async def send_custom(self, to: Peer, kind: str, data: bytes) -> Message:
        """Sends something of your application's own, such as kind ``"com.example/poll"``."""
        return await self._run(self._ops.send_custom, to, kind, data)

    async def reply(self, to: Which, text: str) -> Message:
        """Answers a message."""
        return await self._run(self._ops.reply, to, text)

    async def edit(self, message: Which, text: str) -> None:
        """Gives an own message another text."""
        await self._run(self._ops.edit, message, text)

    async def delete(self, message: Which) -> None:
        """Takes an own message back everywhere."""
        await self._run(self._ops.delete, message)

    async def react(self, message: Which, emoji: str, is_on: bool = True) -> None:
        """Adds a reaction, or takes it back."""
        await self._run(self._ops.react, message, emoji, is_on)

    async def mark_read(self, through: Which) -> None:
        """Everything in its conversation up to this message was read."""
        await self._run(self._ops.mark_read, through)

    async def set_expire_timer(self, peer: Peer, timer: Union[datetime.timedelta, int]) -> None:
        """Messages of this conversation disappear so long after they were read; 0: they stay."""
        await self._run(self._ops.set_expire_timer, peer, timer)

    async def set_typing(self, peer: Peer, is_typing: bool = True) -> None:
        """Tells the peer, if it is there, that somebody writes."""
        await self._run(self._ops.set_typing, peer, is_typing)

    async def set_presence(self, status: Presence) -> None:
        """Tells the contacts that are there."""
        await self._run(self._ops.set_presence, status)

    # --- trust ---

    async def allow(self, peer: Account) -> None:
        """Lets an account in: it gets receipts and the own profile."""
        await self._run(self._ops.allow, peer)

    async def deny(self, peer: Account) -> None:
        """Does not let an account in."""
        await self._run(self._ops.deny, peer)

    async def block(self, peer: Account) -> None:
        """Takes nothing more from an account, and sends it nothing."""
        await self._run(self._ops.block, peer)

    async def trust(self, peer: Account) -> Trust:
        """How far the user trusts an account."""
        return await self._run(self._ops.trust, peer)

    async def safety_number(self, peer: Account) -> SafetyNumber:
        """What both sides see alike if nobody sits between them. Raises :class:`NotFound` before the first contact."""
        return await self._run(self._ops.safety_number, peer)

    async def compare_safety_code(self, peer: Account, scanned: str) -> ScanResult:
        """Compares what was scanned from the peer's screen."""
        return await self._run(self._ops.compare_safety_code, peer, scanned)

    async def mark_verified(self, peer: Account) -> None:
        """The user has compared the safety number."""
        await self._run(self._ops.mark_verified, peer)

    async def accept_identity(self, peer: Account) -> None:
        """The user accepts a changed identity: sending goes on."""
        await self._run(self._ops.accept_identity, peer)

    # --- reading ---

    async def contacts(self) -> list[Contact]:
        """Accounts that this client knows."""
        return await self._run(self._ops.contacts)

    async def conversations(self) -> list[Conversation]:
        """Pinned ones first, then the latest activity first."""
        return await self._run(self._ops.conversations)

    async def message(self, which: Which) -> Message:
        """The message as it is now. Raises :class:`NotFound`."""
        return await self._run(self._ops.message, which)

    async def reactions(self, message: Which) -> list[Reaction]:
        """Most frequent first."""
        return await self._run(self._ops.reactions, message)

    async def explain(self, message: Which) -> Explanation:
        """Why a message was not sent."""
        return await self._run(self._ops.explain, message)

    async def explain_failure(self, failure: int) -> Explanation:
        """Why a message could not be opened (see :class:`anochat.events.DecryptFailure`)."""
        return await self._run(self._ops.explain_failure, failure)

    def history(self, peer: Peer, limit: Optional[int] = None) -> Listing[Message]:
        """The messages of a conversation, newest first: ``async for``, or a plain ``for`` that blocks meanwhile."""
        return Listing(self, lambda: self._ops.history_pages(peer), limit)

    def search(self, text: str, *, peer: Optional[Peer] = None, sender: Optional[str] = None,
               since: Optional[datetime.datetime] = None, until: Optional[datetime.datetime] = None,
               limit: Optional[int] = None) -> Listing[SearchHit[Message]]:
        """Messages with all of these words, newest first; the last word may be the beginning of one."""
        return Listing(self, lambda: self._ops.search_pages(text, peer=peer, sender=sender, since=since, until=until),
                       limit)

    # --- inside ---

    def _open_now(self) -> str:
        self._ops.open()
        return self._ops.address()

    def _must_be_open(self) -> concurrent.futures.ThreadPoolExecutor:
        if os.getpid() != self._pid:
            raise WrongState("made before fork(); open it again in this process")
        if self._threads is None:
            raise WrongState("the client is not open; use it in an async with statement")
        if self._pump.is_closed:
            raise WrongState("the client is closed")
        return self._threads

    async def _run(self, call: Callable[..., T], *args: Any) -> T:
        """In the client's thread: in order, and never two at a time."""
        threads = self._must_be_open()
        return await asyncio.get_running_loop().run_in_executor(threads, call, *args)

    async def _take(self) -> List[Event]:
        return await self._run(self._ops.take_events)


def _incoming(event: Event) -> Optional[Message]:
    if isinstance(event, MessageReceived) and not event.is_outgoing:
        return event.message
    return None


def _everything(event: Event) -> Event:
    return event


def _nothing(_count: int) -> None:
    return None


__all__ = ["Client", "Event", "Listing", "Message"]
