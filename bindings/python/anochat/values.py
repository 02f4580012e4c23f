"""What a client hands out: frozen values that can be printed without showing what anybody has written."""

from __future__ import annotations

import datetime
import enum
from dataclasses import dataclass, field
from typing import Any, Generic, Optional, TypeVar

from . import _core


_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
_END = datetime.datetime(9999, 1, 1, tzinfo=datetime.timezone.utc)
_END_MS = int((_END - _EPOCH).total_seconds()) * 1_000


def time_from(milliseconds: int) -> datetime.datetime:
    """UTC. What lies beyond Python's calendar, such as "muted for ever", becomes the year 9999."""
    return _EPOCH + datetime.timedelta(milliseconds=milliseconds) if milliseconds < _END_MS else _END


def in_ms(time: datetime.datetime) -> int:
    """Milliseconds since 1970. A time without a zone is this machine's local time."""
    return int(time.timestamp() * 1_000)


def maybe_time(milliseconds: Optional[int]) -> Optional[datetime.datetime]:
    return None if milliseconds is None else time_from(milliseconds)


class Kind(enum.IntEnum):
    """The kind of a message. Later versions may add kinds: show the ``text`` of those you do not know."""

    UNKNOWN = 0
    TEXT = 16
    REPLY = 17
    ATTACHMENT = 21
    CALL_SIGNAL = 25
    GROUP_UPDATE = 26
    TIMER_CHANGE = 28
    CUSTOM = 31

    @classmethod
    def _missing_(cls, value: object) -> Kind:
        return cls.UNKNOWN


class Status(enum.IntEnum):
    """How far a message has come. Received messages are RECEIVED, own ones anything else."""

    QUEUED = 0
    SENT = 1
    DELIVERED = 2
    READ = 3
    FAILED = 4
    RECEIVED = 5


class Trust(enum.IntEnum):
    """How far the user trusts an account."""

    UNKNOWN = 0
    FIRST_USE = 1
    VERIFIED = 2
    CHANGED = 3
    BLOCKED = 4


class Consent(enum.IntEnum):
    """Whether the user lets an account in."""

    UNKNOWN = 0
    ALLOWED = 1
    DENIED = 2


class Presence(enum.IntEnum):
    """What an account says about being there."""

    ONLINE = 1
    AWAY = 2
    OFFLINE = 3


class ConversationKind(enum.IntEnum):
    """Who is in a conversation."""

    DIRECT = 0
    GROUP = 1
    NOTE_TO_SELF = 2


class ScanResult(enum.IntEnum):
    """What a scanned safety code says."""

    MATCH = 0
    MISMATCH = 1
    OWN_CODE = 2
    NOT_A_CODE = 3


@dataclass(frozen=True)
class Address:
    """An account (``device`` is 0) or one of its devices."""

    account: str
    device: int = 0

    @classmethod
    def parse(cls, text: str) -> Address:
        """Reads the text form. Raises :class:`BadAddress` on a typing error."""
        return cls(*_core.parse_address(text))

    def __str__(self) -> str:
        return _core.format_address(self.account, self.device)


@dataclass(frozen=True)
class MessageData:
    """One message of a conversation, as it was when it was read. Its text is not shown by ``repr``."""

    id: int
    conversation: int
    sender_address: Address = field(repr=False)
    text: str = field(repr=False)
    kind: Kind
    is_outgoing: bool
    sent_at: datetime.datetime
    received_at: datetime.datetime = field(repr=False)
    status: Status
    payload: Optional[bytes] = field(repr=False)
    edited_at: Optional[datetime.datetime] = field(repr=False)
    deleted_at: Optional[datetime.datetime] = field(repr=False)
    expires_at: Optional[datetime.datetime] = field(repr=False)

    @property
    def sender(self) -> str:
        """The account that has written this."""
        return self.sender_address.account

    @property
    def is_deleted(self) -> bool:
        """Whether its author has taken it back."""
        return self.deleted_at is not None


@dataclass(frozen=True)
class Conversation:
    """One entry of the list of conversations."""

    id: int
    uid: bytes = field(repr=False)
    kind: ConversationKind
    title: str = field(repr=False)
    last_activity: datetime.datetime
    unread: int
    read_through: int
    muted_until: datetime.datetime = field(repr=False)
    is_pinned: bool
    is_archived: bool
    expire_after: datetime.timedelta
    draft: str = field(repr=False)


@dataclass(frozen=True)
class Contact:
    """An account that this client knows."""

    account: str
    consent: Consent
    name: str = field(repr=False)
    local_name: str = field(repr=False)
    avatar: Optional[bytes] = field(repr=False)


@dataclass(frozen=True)
class Reaction:
    """An emoji under a message, and how many have chosen it."""

    emoji: str = field(repr=False)
    count: int
    by_me: bool


MessageT = TypeVar("MessageT", bound=MessageData)


@dataclass(frozen=True)
class SearchHit(Generic[MessageT]):
    """A message that was found, and a piece of it; what matched stands between U+E000 and U+E001."""

    message: MessageT
    snippet: str = field(repr=False)


@dataclass(frozen=True)
class SafetyNumber:
    """What two people compare to be sure that nobody sits between them."""

    digits: str
    display: str = field(repr=False)
    scannable: str = field(repr=False)

    def __str__(self) -> str:
        return self.display


@dataclass(frozen=True)
class Explanation:
    """Why a message could not be sent or opened, in words that name nobody."""

    reason: str
    text: str
    will_be_retried: bool


@dataclass(frozen=True)
class Stats:
    """What is in the store."""

    conversations: int
    messages: int
    contacts: int
    attachments: int
    outbox: int


@dataclass(frozen=True)
class ConnectionState:
    """What a client is doing about its connection: ``phase`` is connecting, logging_in, online, waiting or stopped, and
    offline for a client without a relay."""

    phase: str
    attempts: int = 0
    failure: Optional[str] = None
    text: str = ""

    @property
    def is_online(self) -> bool:
        """Whether the relay has let the client in."""
        return self.phase == "online"


_MESSAGE_ROW = ("id", "conversation", "sender_address", "text", "kind", "is_outgoing", "sent_at", "received_at", "status",
                "payload", "edited_at", "deleted_at", "expires_at")


def message_fields(row: tuple[Any, ...]) -> dict[str, Any]:
    """The arguments of a message class, from what the native half hands out."""
    fields = dict(zip(_MESSAGE_ROW, row))
    fields["sender_address"] = Address(*fields["sender_address"])
    fields["kind"] = Kind(fields["kind"])
    fields["status"] = Status(fields["status"])
    for name in ("sent_at", "received_at", "edited_at", "deleted_at", "expires_at"):
        fields[name] = maybe_time(fields[name])
    return fields


def conversation_from(row: tuple[Any, ...]) -> Conversation:
    number, uid, kind, title, activity, unread, read, muted, pinned, archived, expire, draft = row
    return Conversation(number, uid, ConversationKind(kind), title, time_from(activity), unread, read, time_from(muted),
                        pinned, archived, datetime.timedelta(seconds=expire), draft)


def contact_from(row: tuple[Any, ...]) -> Contact:
    account, consent, name, local_name, avatar = row
    return Contact(account, Consent(consent), name, local_name, avatar)
