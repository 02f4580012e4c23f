"""The native half of anochat. Private: use the package's own names."""

from typing import Any, NoReturn, Optional

from _typeshed import ReadableBuffer

VERSION: str
CODES: dict[str, int]
HAS_NETWORK: bool

_Row = tuple[Any, ...]

class Clock:
    """Where an object gets its time from."""

    def __init__(self, *args: object, **kwargs: object) -> None: ...  # not to be called: see the makers
    def now_ms(self) -> int:
        """Milliseconds since 1970 UTC."""

class FakeClock(Clock):
    """Stands still until told otherwise; starts at 2030-01-01 00:00 UTC."""

    def __init__(self, start_ms: int = ...) -> None: ...
    def advance(self, milliseconds: int) -> None:
        """Moves the clock forward."""
    def set(self, milliseconds: int) -> None:
        """Moves the clock to a time in milliseconds since 1970 UTC."""

class Random:
    """Where keys and nonces come from."""

    def __init__(self, *args: object, **kwargs: object) -> None: ...  # not to be called: see the makers
    def bytes(self, count: int) -> bytes:
        """So many random bytes, at most 1,048,576."""

class SystemRandom(Random):
    """The operating system's generator."""

    def __init__(self) -> None: ...

class SeededRandom(Random):
    """The same seed gives the same bytes. For tests only."""

    def __init__(self, seed: int) -> None: ...

class AccountKey:
    """The private key of an account: whoever has it can add devices to the account."""

    def __init__(self, *args: object, **kwargs: object) -> None: ...  # not to be called: see the makers
    @staticmethod
    def generate(*, random: Optional[Random] = None) -> AccountKey:
        """A fresh account."""
    @staticmethod
    def from_seed(seed: ReadableBuffer) -> AccountKey:
        """The account that this 32-byte seed belongs to."""
    def seed(self) -> bytes:
        """The 32 secret bytes from which from_seed() makes the account again."""
    @property
    def account(self) -> str:
        """The account's address as text."""
    @property
    def public_key(self) -> bytes:
        """32 bytes."""
    def __reduce_ex__(self, protocol: object, /) -> NoReturn: ...

class Device:
    """The private side of one device."""

    def __init__(self, *args: object, **kwargs: object) -> None: ...  # not to be called: see the makers
    @staticmethod
    def create(account: AccountKey, number: int = 1, *, random: Optional[Random] = None) -> Device:
        """Makes the keys of an account's device; `number` is 1 to 2,147,483,647 and never used twice."""
    @staticmethod
    def load(saved: ReadableBuffer) -> Device:
        """The device that save() has written."""
    def save(self) -> bytes:
        """The device as 230 secret bytes. Protect them."""
    @property
    def address(self) -> str:
        """The device's address as text."""
    @property
    def certificate(self) -> bytes:
        """The account's signed word for this device: 165 public bytes."""
    def __reduce_ex__(self, protocol: object, /) -> NoReturn: ...

class PreKeys:
    """The keys a device publishes so that others can write while it is offline."""

    def __init__(
        self, device: Device, one_time: int = 100, *, now_ms: Optional[int] = None, random: Optional[Random] = None
    ) -> None: ...
    @staticmethod
    def load(saved: ReadableBuffer, device: Device, *, random: Optional[Random] = None) -> PreKeys:
        """The prekeys that save() has written."""
    def save(self) -> bytes:
        """Everything as secret bytes. Protect them."""
    def bundle(self, *, now_ms: Optional[int] = None) -> bytes:
        """A bundle for one sender: up to 1,669 public bytes."""
    def refill(self, one_time: int = 100, *, now_ms: Optional[int] = None) -> None:
        """Makes new keys where it is time."""
    def expire(self, *, now_ms: Optional[int] = None) -> int:
        """Deletes expired private keys; says how many."""
    @property
    def one_time_left(self) -> int:
        """One-time prekeys that no bundle has taken yet."""
    def __reduce_ex__(self, protocol: object, /) -> NoReturn: ...

class Session:
    """One post-quantum encrypted conversation with one device. Safe to use from several threads."""

    def __init__(self, *args: object, **kwargs: object) -> None: ...  # not to be called: see the makers
    @staticmethod
    def initiate(
        device: Device,
        bundle: ReadableBuffer,
        peer: str,
        *,
        random: Optional[Random] = None,
        now_ms: Optional[int] = None,
    ) -> Session:
        """Starts a conversation with the device at the address `peer`, whose bundle this is."""
    @staticmethod
    def _accept(
        device: Device,
        prekeys: PreKeys,
        message: ReadableBuffer,
        *,
        random: Optional[Random] = None,
        now_ms: Optional[int] = None,
    ) -> tuple[Session, bytes, str, bool]: ...
    @staticmethod
    def load(saved: ReadableBuffer, *, random: Optional[Random] = None) -> Session:
        """The session that save() has written."""
    @staticmethod
    def open(key: ReadableBuffer, sealed: ReadableBuffer, *, random: Optional[Random] = None) -> Session:
        """The session that seal() has written under the same 32-byte key."""
    @staticmethod
    def peek_id(message: ReadableBuffer) -> Optional[bytes]:
        """The id of the session that an initial message belongs to; None for other messages."""
    def encrypt(self, content: ReadableBuffer) -> bytes:
        """Seals 0 to 65,536 bytes and moves the ratchet forward. On any error nothing has changed."""
    def decrypt(self, message: ReadableBuffer, *, now_ms: Optional[int] = None) -> bytes:
        """Opens one message, in any order. On any error the session is as before the call."""
    def seal_signal(self, content: ReadableBuffer, *, now_ms: Optional[int] = None) -> bytes:
        """Seals up to 302 bytes that are worth nothing in a minute, such as typing. The ratchet does not move."""
    def open_signal(self, message: ReadableBuffer, *, now_ms: Optional[int] = None) -> bytes:
        """Opens what seal_signal() made."""
    def message_len(self, content_len: int) -> int:
        """Bytes that encrypt() will make of a content of this length."""
    def recognises(self, message: ReadableBuffer) -> bool:
        """Whether this session's keys open the message's header."""
    def save(self) -> bytes:
        """The whole state as secret bytes. Save before a ciphertext leaves; never go back to an older copy."""
    def seal(self, key: ReadableBuffer) -> bytes:
        """save(), sealed under a 32-byte key of yours."""
    def export_secret(self, label: str, context: ReadableBuffer = b"") -> bytes:
        """32 bytes that both sides can derive and nobody else."""
    @property
    def id(self) -> bytes:
        """32 bytes, the same on both sides."""
    @property
    def peer_address(self) -> str:
        """The peer's device."""
    @property
    def is_initiator(self) -> bool:
        """Whether this side has started the conversation."""
    @property
    def is_answered(self) -> bool:
        """Whether a message of the peer has been opened."""
    @property
    def pq_epoch(self) -> int:
        """Grows as fresh ML-KEM secrets are mixed in."""
    @property
    def skipped_key_count(self) -> int:
        """Keys kept for messages that have not arrived yet."""
    def __reduce_ex__(self, protocol: object, /) -> NoReturn: ...

class Client:
    """One device of an account; anochat.Client and anochat.sync.Client are made of it."""

    def __init__(
        self,
        path: Optional[str],
        *,
        mode: str = "open_or_create",
        passphrase: Any = None,
        key: Any = None,
        kdf_memory_kib: Optional[int] = None,
        clock: Optional[Clock] = None,
        random: Optional[Random] = None,
        relay_name: str = "",
        name: str = "",
        about: str = "",
        switches: tuple[bool, bool, bool, bool] = ...,
        one_time_prekeys: int = 100,
    ) -> None: ...
    def close(self) -> None: ...
    def address(self) -> str: ...
    def account(self) -> str: ...
    def event_fd(self) -> int: ...
    def take_events(self, most: int = 1000) -> list[_Row]: ...
    def add_recovery_key(self) -> str: ...
    def change_key(self, *, passphrase: Any = None, key: Any = None, kdf_memory_kib: Optional[int] = None) -> None: ...
    def connected(self) -> None: ...
    def disconnected(self) -> None: ...
    def receive(self, frame: ReadableBuffer, /) -> None: ...
    def outgoing(self) -> list[bytes]: ...
    def is_online(self) -> bool: ...
    def next_timer_ms(self) -> Optional[int]: ...
    def tick(self) -> None: ...
    def connect(
        self,
        relay: str,
        *,
        ca_file: str = "",
        pins: list[str] = ...,
        allow_plain: bool = False,
        proxy: str = "",
    ) -> None: ...
    def state(self) -> Optional[tuple[str, int, Optional[str], str]]: ...
    def wait_until_online(self, milliseconds: int) -> bool: ...
    def reconnect(self) -> None: ...
    def conversation_with(self, account: str, /) -> int: ...
    def send_text(self, to: int, text: str, /) -> int: ...
    def send_texts(self, to: int, texts: list[str], /) -> list[int]: ...
    def send_custom(self, to: int, kind: str, data: ReadableBuffer, /) -> int: ...
    def reply(self, to: int, text: str, /) -> int: ...
    def edit(self, which: int, text: str, /) -> None: ...
    def remove_for_all(self, which: int, /) -> None: ...
    def react(self, to: int, emoji: str, is_on: bool, /) -> None: ...
    def mark_read(self, conversation: int, through: int, /) -> None: ...
    def set_expire_timer(self, conversation: int, seconds: int, /) -> None: ...
    def set_profile(self, name: str, about: str, avatar: ReadableBuffer, /) -> None: ...
    def set_typing(self, conversation: int, is_typing: bool, /) -> None: ...
    def set_presence(self, status: int, /) -> None: ...
    def allow(self, account: str, /) -> None: ...
    def deny(self, account: str, /) -> None: ...
    def block(self, account: str, /) -> None: ...
    def mark_verified(self, account: str, /) -> None: ...
    def accept_identity(self, account: str, /) -> None: ...
    def trust(self, account: str, /) -> int: ...
    def safety_number(self, account: str, /) -> tuple[str, str, str]: ...
    def compare_safety_code(self, account: str, scanned: str, /) -> int: ...
    def contacts(self) -> list[_Row]: ...
    def message(self, which: int, /) -> Optional[_Row]: ...
    def page(
        self, conversation: int, *, before: Optional[str] = None, after: Optional[str] = None, limit: int = 50
    ) -> tuple[list[_Row], Optional[str], Optional[str]]: ...
    def around(self, which: int, limit: int, /) -> tuple[list[_Row], Optional[str], Optional[str]]: ...
    def conversations(self, *, after: Optional[str] = None, limit: int = 50) -> tuple[list[_Row], Optional[str]]: ...
    def reactions(self, which: int, /) -> list[tuple[str, int, bool]]: ...
    def search(
        self,
        text: str,
        *,
        conversation: Optional[int] = None,
        sender: Optional[str] = None,
        since_ms: Optional[int] = None,
        until_ms: Optional[int] = None,
        after: Optional[str] = None,
        limit: int = 50,
    ) -> tuple[list[tuple[_Row, str]], Optional[str]]: ...
    def explain_message(self, which: int, /) -> tuple[str, str, bool]: ...
    def explain_failure(self, which: int, /) -> tuple[str, str, bool]: ...
    def stats(self) -> tuple[int, int, int, int, int]: ...
    def __reduce_ex__(self, protocol: object, /) -> NoReturn: ...

class RelayEngine:
    """The blind relay without a socket: feed it the frames that your own server receives."""

    def __init__(
        self,
        *,
        name: str = "relay",
        store: str = "",
        registration_open: bool = True,
        clock: Optional[Clock] = None,
        random: Optional[Random] = None,
    ) -> None: ...
    def open(self, address_class: ReadableBuffer) -> int:
        """A new connection; its first frame waits in take()."""
    def close_connection(self, connection: int) -> None:
        """The other side is gone."""
    def is_open(self, connection: int) -> bool:
        """False when it is closed; its last frames can still be taken, once."""
    def wants_input(self, connection: int) -> bool:
        """False while the other side reads too slowly: do not read from it either."""
    def receive(self, connection: int, frame: ReadableBuffer) -> None:
        """One frame from the client. What is no frame closes the connection."""
    def take(self, connection: int, most_bytes: int = 65536) -> list[bytes]:
        """Frames for the client, in order."""
    def ready(self) -> list[int]:
        """Connections that have something to take or were closed, since the last call."""
    def flush(self) -> None:
        """Commits the open group now."""
    def tick(self) -> None:
        """Deadlines, and a part of what has expired. Call it every few milliseconds."""
    def drain(self, within_ms: int) -> None:
        """Takes nobody in any more and tells everybody to come back later."""
    def is_ready(self) -> bool:
        """Not draining, and the last commit worked."""
    def metrics(self) -> str:
        """Numbers of nobody in particular, in the Prometheus text format."""
    def close(self) -> None:
        """Commits what was promised and closes the store."""
    def __reduce_ex__(self, protocol: object, /) -> NoReturn: ...

class RelayServer:
    """The relay with a port."""

    def __init__(
        self,
        *,
        name: str,
        host: str,
        port: int,
        store: str,
        certificate: str,
        key: str,
        allow_plain: bool,
        registration_open: bool,
    ) -> None: ...
    def port(self) -> int: ...
    def is_ready(self) -> bool: ...
    def metrics(self) -> str: ...
    def drain(self, come_back_ms: int, deadline_ms: int) -> bool: ...
    def stop(self) -> None: ...
    def __reduce_ex__(self, protocol: object, /) -> NoReturn: ...

class MemoryRelay:
    """A relay in memory, for tests."""

    def __init__(self, *, clock: Optional[Clock] = None, random: Optional[Random] = None, name: str = "relay.test") -> None: ...
    def connect(self) -> int: ...
    def disconnect(self, connection: int, /) -> None: ...
    def is_open(self, connection: int, /) -> bool: ...
    def receive(self, connection: int, frame: ReadableBuffer, /) -> None: ...
    def take(self, connection: int, /) -> list[bytes]: ...
    def everything_seen(self) -> bytes: ...
    def set_recording(self, is_on: bool, /) -> None: ...
    def waiting(self) -> int: ...

def safety_number(own_public_key: ReadableBuffer, peer_public_key: ReadableBuffer) -> tuple[str, str, str]: ...
def parse_address(text: str) -> tuple[str, int]: ...
def format_address(account: str, device: int) -> str: ...
