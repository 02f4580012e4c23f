"""What a client tells its application, in the order in which it became durable. All are frozen values."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from typing import Any, Callable, Generic, Optional, Union

from . import values
from .values import MessageData, MessageT


@dataclass(frozen=True)
class MessageReceived(Generic[MessageT]):
    """A message is in the history. Sent by this account's other devices when ``is_outgoing``. ``message`` is None when it is
    gone again, for example because it has expired."""

    message: Optional[MessageT]
    sender: str
    is_outgoing: bool


@dataclass(frozen=True)
class MessageEdited:
    """A message has another text."""

    conversation: int
    message: int


@dataclass(frozen=True)
class MessageDeleted:
    """A message was taken back; what is left says so."""

    conversation: int
    message: int


@dataclass(frozen=True)
class MessagesExpired:
    """Disappearing messages are gone from the store."""

    messages: tuple[int, ...]


@dataclass(frozen=True)
class ReactionsChanged:
    """Somebody has reacted to a message, or taken it back."""

    conversation: int
    message: int


@dataclass(frozen=True)
class MessageStatus:
    """An own message moved on. ``failure`` names the error, such as ``"timed_out"``."""

    message: int
    status: values.Status
    failure: Optional[str]


@dataclass(frozen=True)
class ContactRequest:
    """Somebody unknown has written. Nothing goes back before ``allow()``."""

    account: str
    conversation: int


@dataclass(frozen=True)
class ProfileChanged:
    """An account shows itself by another name, text or picture."""

    account: str


@dataclass(frozen=True)
class TimerChanged:
    """Messages of a conversation disappear after another time; 0: they stay."""

    conversation: int
    timer: datetime.timedelta


@dataclass(frozen=True)
class IdentityChanged:
    """A device has another identity than before; sending to its account is blocked until ``accept_identity()``."""

    device: values.Address


@dataclass(frozen=True)
class DevicesChanged:
    """An account has signed a list with devices that were not there before."""

    account: str
    device_count: int


@dataclass(frozen=True)
class Typing:
    """Somebody writes, or has stopped."""

    conversation: int
    account: str
    is_typing: bool


@dataclass(frozen=True)
class Presence:
    """What an account says about being there."""

    account: str
    status: values.Presence
    last_seen: Optional[datetime.datetime]


@dataclass(frozen=True)
class CallSignal:
    """A step in setting up a call; hand ``payload`` to the media engine."""

    conversation: int
    peer: str
    call: bytes
    type: int
    media: Optional[int]
    payload: bytes = field(repr=False)


@dataclass(frozen=True)
class CallMissed:
    """Somebody has called, and nobody has answered."""

    conversation: int
    peer: str


@dataclass(frozen=True)
class DecryptFailure:
    """A message could not be opened. It is on record; repair is automatic where it is possible."""

    failure: int
    reason: str
    sender: Optional[values.Address]
    repair: int


@dataclass(frozen=True)
class FailureRepaired:
    """What could not be opened has arrived after all."""

    failure: int


@dataclass(frozen=True)
class StateRolledBack:
    """The store is an older copy of itself: its sessions were retired and new ones are made."""

    sessions: int


@dataclass(frozen=True)
class ReducedForwardSecrecy:
    """The peer's one-time prekeys had run out, or ours: until the first answer, a later theft of the last-resort prekey opens
    the first messages of a new session."""

    device: values.Address
    is_own_supply: bool


@dataclass(frozen=True)
class Online:
    """Connected and logged in."""


@dataclass(frozen=True)
class Offline:
    """The connection is gone; it comes back by itself."""


@dataclass(frozen=True)
class LoginRefused:
    """The relay does not let this client in. ``reason`` names the error."""

    reason: str


@dataclass(frozen=True)
class EventsLost:
    """The application did not fetch events: so many are lost. What they told is in the store."""

    count: int


#: Every event but MessageReceived, whose class depends on the face.
Other = Union[
    MessageEdited, MessageDeleted, MessagesExpired, ReactionsChanged, MessageStatus, ContactRequest, ProfileChanged,
    TimerChanged, IdentityChanged, DevicesChanged, Typing, Presence, CallSignal, CallMissed, DecryptFailure,
    FailureRepaired, StateRolledBack, ReducedForwardSecrecy, Online, Offline, LoginRefused, EventsLost,
]
#: Any event.
Event = Union[MessageReceived[MessageData], Other]


def _status(message: int, status: int, failure: Optional[str]) -> MessageStatus:
    return MessageStatus(message, values.Status(status), failure)


def _timer(conversation: int, seconds: int) -> TimerChanged:
    return TimerChanged(conversation, datetime.timedelta(seconds=seconds))


def _presence(account: str, status: int, last_seen: Optional[int]) -> Presence:
    return Presence(account, values.Presence(status), values.maybe_time(last_seen))


def _identity(device: tuple[str, int]) -> IdentityChanged:
    return IdentityChanged(values.Address(*device))


def _failure(failure: int, reason: str, sender: Optional[tuple[str, int]], repair: int) -> DecryptFailure:
    return DecryptFailure(failure, reason, None if sender is None else values.Address(*sender), repair)


def _reduced(device: tuple[str, int], is_own_supply: bool) -> ReducedForwardSecrecy:
    return ReducedForwardSecrecy(values.Address(*device), is_own_supply)


_MAKERS: dict[str, Callable[..., Other]] = {
    **{kind.__name__: kind for kind in (
        MessageEdited, MessageDeleted, MessagesExpired, ReactionsChanged, ContactRequest, ProfileChanged, DevicesChanged,
        Typing, CallSignal, CallMissed, FailureRepaired, StateRolledBack, Online, Offline, LoginRefused, EventsLost)},
    "IdentityChanged": _identity,
    "DecryptFailure": _failure,
    "ReducedForwardSecrecy": _reduced,
    "MessageStatus": _status,
    "TimerChanged": _timer,
    "Presence": _presence,
}


def event_from(row: tuple[Any, ...], make_message: Callable[[tuple[Any, ...]], MessageT]
               ) -> Union[MessageReceived[MessageT], Other]:
    """The event of a row of the native half."""
    if row[0] == "MessageReceived":
        return MessageReceived(None if row[1] is None else make_message(row[1]), row[2], row[3])
    return _MAKERS[row[0]](*row[1:])


__all__ = [
    "CallMissed", "CallSignal", "ContactRequest", "DecryptFailure", "DevicesChanged", "Event", "EventsLost",
    "FailureRepaired", "IdentityChanged", "LoginRefused", "MessageDeleted", "MessageEdited", "MessageReceived",
    "MessageStatus", "MessagesExpired", "Offline", "Online", "Presence", "ProfileChanged", "ReactionsChanged",
    "ReducedForwardSecrecy", "StateRolledBack", "TimerChanged", "Typing",
]
