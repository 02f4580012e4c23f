"""Everything that one can do with a client, as plain blocking calls. Both faces are made of it."""

from __future__ import annotations

import datetime
import os
from typing import Any, Callable, Generic, Iterator, Optional, Sequence, Union

from . import _core
from ._options import Link, Options, open_core
from .errors import NotFound, WrongState
from .events import MessageReceived, Other, event_from
from .values import (Address, ConnectionState, Contact, Conversation, Explanation, MessageData, MessageT, Presence, Reaction,
                     SafetyNumber, ScanResult, SearchHit, Stats, Trust, contact_from, conversation_from, in_ms)

#: Whom to write to: the text of an address, an account's value, a conversation, or somebody's message.
Peer = Union[str, Address, Contact, Conversation, MessageData]
#: A message, or its id.
Which = Union[int, MessageData]

_PAGE = 100


def account_of(peer: Union[str, Address, Contact]) -> str:
    """The account that is meant, as text."""
    if isinstance(peer, (Address, Contact)):
        return peer.account
    if isinstance(peer, str):
        return peer
    raise TypeError("an account is a str, an Address or a Contact")


def id_of(message: Which) -> int:
    return message.id if isinstance(message, MessageData) else message


class Operations(Generic[MessageT]):
    """A client whose calls block. ``make`` turns a row of the native half into a message of the face's own class."""

    def __init__(self, options: Options, make: Callable[[tuple[Any, ...]], MessageT]) -> None:
        self._make = make
        self._core: Optional[_core.Client] = None
        self._link: Optional[Link] = None
        self._options = options
        self._pid = os.getpid()

    def open(self) -> None:
        if self._core is not None:
            raise WrongState("the client is open already")
        self._core, self._link = open_core(self._options)
        self.pump()

    @property
    def core(self) -> _core.Client:
        if self._core is None:
            raise WrongState("the client is not open; use it in a with statement")
        if os.getpid() != self._pid:
            raise WrongState("made before fork(); open it again in this process")
        return self._core

    def close(self) -> None:
        """Sends what is ready to be sent if that is soon possible, then closes connection and store. Safe to repeat."""
        if self._core is None or os.getpid() != self._pid:  # after fork() it is the parent's to close
            return
        if self._link is not None:
            self._link.detach()
        self._core.close()

    def pump(self) -> None:
        if self._link is not None:
            self._link.pump()

    # --- about this client ---

    def address(self) -> str:
        return self.core.address()

    def account(self) -> str:
        return self.core.account()

    def state(self) -> ConnectionState:
        core = self.core
        found = core.state() if _core.HAS_NETWORK else None
        if found is not None:
            return ConnectionState(*found)
        return ConnectionState("online" if core.is_online() else "offline")

    def stats(self) -> Stats:
        return Stats(*self.core.stats())

    def add_recovery_key(self) -> str:
        return self.core.add_recovery_key()

    def change_passphrase(self, passphrase: Union[str, bytes]) -> None:
        self.core.change_key(passphrase=passphrase, kdf_memory_kib=self._options.kdf_memory_kib)

    def set_profile(self, name: str, about: str = "", avatar: bytes = b"") -> None:
        self.core.set_profile(name, about, avatar)
        self.pump()

    # --- writing ---

    def conversation_id(self, peer: Peer) -> int:
        if isinstance(peer, Conversation):
            return peer.id
        if isinstance(peer, MessageData):
            return peer.conversation
        return self.core.conversation_with(account_of(peer))

    def send(self, to: Peer, text: str) -> MessageT:
        return self._sent(self.core.send_text(self.conversation_id(to), text))

    def send_many(self, to: Peer, texts: Sequence[str]) -> list[int]:
        if isinstance(texts, (str, bytes)):
            raise TypeError("texts is a list of str, not one")
        ids = self.core.send_texts(self.conversation_id(to), list(texts))
        self.pump()
        return ids

    def send_custom(self, to: Peer, kind: str, data: bytes) -> MessageT:
        return self._sent(self.core.send_custom(self.conversation_id(to), kind, data))

    def reply(self, to: Which, text: str) -> MessageT:
        return self._sent(self.core.reply(id_of(to), text))

    def edit(self, message: Which, text: str) -> None:
        self.core.edit(id_of(message), text)
        self.pump()

    def delete(self, message: Which) -> None:
        self.core.remove_for_all(id_of(message))
        self.pump()

    def react(self, message: Which, emoji: str, is_on: bool = True) -> None:
        self.core.react(id_of(message), emoji, is_on)
        self.pump()

    def mark_read(self, through: Which) -> None:
        if not isinstance(through, MessageData):
            through = self.message(through)
        self.core.mark_read(through.conversation, through.id)
        self.pump()

    def set_expire_timer(self, peer: Peer, timer: Union[datetime.timedelta, int]) -> None:
        seconds = int(timer.total_seconds()) if isinstance(timer, datetime.timedelta) else timer
        self.core.set_expire_timer(self.conversation_id(peer), seconds)
        self.pump()

    def set_typing(self, peer: Peer, is_typing: bool = True) -> None:
        self.core.set_typing(self.conversation_id(peer), is_typing)
        self.pump()

    def set_presence(self, status: Presence) -> None:
        self.core.set_presence(int(status))
        self.pump()

    # --- trust ---

    def allow(self, peer: Union[str, Address, Contact]) -> None:
        self.core.allow(account_of(peer))
        self.pump()

    def deny(self, peer: Union[str, Address, Contact]) -> None:
        self.core.deny(account_of(peer))
        self.pump()

    def block(self, peer: Union[str, Address, Contact]) -> None:
        self.core.block(account_of(peer))
        self.pump()

    def trust(self, peer: Union[str, Address, Contact]) -> Trust:
        return Trust(self.core.trust(account_of(peer)))

    def safety_number(self, peer: Union[str, Address, Contact]) -> SafetyNumber:
        return SafetyNumber(*self.core.safety_number(account_of(peer)))

    def compare_safety_code(self, peer: Union[str, Address, Contact], scanned: str) -> ScanResult:
        return ScanResult(self.core.compare_safety_code(account_of(peer), scanned))

    def mark_verified(self, peer: Union[str, Address, Contact]) -> None:
        self.core.mark_verified(account_of(peer))
        self.pump()

    def accept_identity(self, peer: Union[str, Address, Contact]) -> None:
        self.core.accept_identity(account_of(peer))
        self.pump()

    # --- reading ---

    def contacts(self) -> list[Contact]:
        own = self.core.account()
        return [contact for contact in map(contact_from, self.core.contacts()) if contact.account != own]

    def conversations(self) -> list[Conversation]:
        found: list[Conversation] = []
        after: Optional[str] = None
        while True:
            rows, after = self.core.conversations(after=after, limit=200)
            found += [conversation_from(row) for row in rows]
            if after is None:
                return found

    def message(self, which: Which) -> MessageT:
        row = self.core.message(id_of(which))
        if row is None:
            raise NotFound("no message with this id")
        return self._make(row)

    def reactions(self, message: Which) -> list[Reaction]:
        return [Reaction(*row) for row in self.core.reactions(id_of(message))]

    def explain(self, message: Which) -> Explanation:
        return Explanation(*self.core.explain_message(id_of(message)))

    def explain_failure(self, failure: int) -> Explanation:
        return Explanation(*self.core.explain_failure(failure))

    def history_pages(self, peer: Peer) -> Iterator[list[MessageT]]:
        """Newest first."""
        conversation = self.conversation_id(peer)
        rows, older, _ = self.core.page(conversation, limit=_PAGE)
        while True:
            yield [self._make(row) for row in reversed(rows)]
            if older is None:
                return
            rows, older, _ = self.core.page(conversation, before=older, limit=_PAGE)

    def search_pages(self, text: str, *, peer: Optional[Peer] = None, sender: Optional[str] = None,
                     since: Optional[datetime.datetime] = None, until: Optional[datetime.datetime] = None
                     ) -> Iterator[list[SearchHit[MessageT]]]:
        """Newest first."""
        where = None if peer is None else self.conversation_id(peer)
        since_ms = None if since is None else in_ms(since)
        until_ms = None if until is None else in_ms(until)
        after: Optional[str] = None
        while True:
            rows, after = self.core.search(text, conversation=where, sender=sender, since_ms=since_ms,
                                           until_ms=until_ms, after=after, limit=_PAGE)
            yield [SearchHit(self._make(row), snippet) for row, snippet in rows]
            if after is None:
                return

    def take_events(self, most: int = 1_000) -> list[Union[MessageReceived[MessageT], Other]]:
        """Events that wait. The native half reads them and their messages in one call."""
        return [event_from(row, self._make) for row in self.core.take_events(most)]

    def _sent(self, which: int) -> MessageT:
        self.pump()
        return self.message(which)
