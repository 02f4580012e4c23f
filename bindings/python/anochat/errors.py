"""What can go wrong, one class for each situation.

Every error is an :class:`AnoChatError` with a stable number in ``code``, and an instance of the built-in exception that
Python programs expect in its place: a wrong argument is a ``ValueError``, a lost connection a ``ConnectionError``. The texts
never hold keys, message texts or names.
"""

from __future__ import annotations

import sys


class AnoChatError(Exception):
    """The base of every error of this package."""

    #: The number of the situation, the same in C++ and C. Never changes its meaning.
    code: int = 0


class InvalidArgument(AnoChatError, ValueError):
    """An argument is outside what the call accepts."""

    code = -1


class BufferTooSmall(AnoChatError, ValueError):
    """The buffer has too little room; nothing was changed."""

    code = -2


class OutOfMemory(AnoChatError, MemoryError):
    """An allocation failed; nothing was changed."""

    code = -3


class Internal(AnoChatError, RuntimeError):
    """A bug in this library; please report it."""

    code = -4


class WrongState(AnoChatError, RuntimeError):
    """The object cannot do this now: it is closed, was made before ``fork()``, or is not ready yet."""

    code = -5


class RandomFailed(AnoChatError, OSError):
    """The source of randomness failed; nothing was sent or stored."""

    code = -6


class BadMessage(AnoChatError, ValueError):
    """The message is malformed or not authentic; the two are not told apart."""

    code = -10


class Replayed(AnoChatError, ValueError):
    """The message was opened before, or its key was already dropped."""

    code = -11


class GapTooLarge(AnoChatError, ValueError):
    """Too many messages are missing before this one."""

    code = -12


class UnsupportedVersion(AnoChatError, ValueError):
    """A protocol version that this library does not speak."""

    code = -13


class UnsupportedSuite(AnoChatError, ValueError):
    """A cipher suite that this library does not speak."""

    code = -14


class TooLarge(AnoChatError, ValueError):
    """Over a stated size limit."""

    code = -15


class CounterExhausted(AnoChatError, OverflowError):
    """The session has sent its last message; start a new one."""

    code = -16


class BadContent(AnoChatError, ValueError):
    """The message is authentic but its content breaks the rules."""

    code = -17


class BadKey(AnoChatError, ValueError):
    """A public key is not acceptable."""

    code = -20


class BadSignature(AnoChatError, ValueError):
    """A signature does not verify."""

    code = -21


class PrekeyUnknown(AnoChatError, LookupError):
    """The message names a prekey that is not here: used up, expired or never made."""

    code = -22


class PrekeyExpired(AnoChatError, ValueError):
    """A prekey is outside its period of validity."""

    code = -23


class IdentityChanged(AnoChatError, PermissionError):
    """The peer's identity is not the one known; the user must decide."""

    code = -24


class SelfSession(AnoChatError, ValueError):
    """The peer is this very device."""

    code = -25


class BadAddress(AnoChatError, ValueError):
    """Not an address; check it for a typing error."""

    code = -26


class BadBundle(AnoChatError, ValueError):
    """The prekey bundle is malformed."""

    code = -27


class StaleDeviceList(AnoChatError, ValueError):
    """The device list is older than the one known."""

    code = -28


class BadState(AnoChatError, ValueError):
    """The saved record is malformed or not authentic."""

    code = -30


class UnsupportedState(AnoChatError, ValueError):
    """The saved record is of a newer version than this library knows."""

    code = -31


class WrongKey(AnoChatError, PermissionError):
    """The passphrase or key does not open this store."""

    code = -40


class NotAStore(AnoChatError, ValueError):
    """The file is not an AnoChat store."""

    code = -41


class StoreCorrupt(AnoChatError, OSError):
    """The store is damaged."""

    code = -42


class StoreBusy(AnoChatError, BlockingIOError):
    """The store is open elsewhere, in this process or another."""

    code = -43


class IoFailed(AnoChatError, OSError):
    """The operating system could not read or write."""

    code = -44


class DiskFull(AnoChatError, OSError):
    """No room left on the device."""

    code = -45


class NewerFormat(AnoChatError, ValueError):
    """The store's file format is newer than this library."""

    code = -46


class NewerSchema(AnoChatError, ValueError):
    """The store's schema is newer than this library."""

    code = -47


class RolledBack(AnoChatError, RuntimeError):
    """The store is an older copy of itself."""

    code = -48


class ReadOnly(AnoChatError, PermissionError):
    """The store or its folder cannot be written."""

    code = -49


class KdfPolicy(AnoChatError, ValueError):
    """Key-derivation parameters outside the allowed range."""

    code = -50


class NotFound(AnoChatError, LookupError):
    """No such record."""

    code = -51


class AlreadyExists(AnoChatError, FileExistsError):
    """A record or file with this name is already there."""

    code = -52


class NetworkFailed(AnoChatError, ConnectionError):
    """No connection, or it was lost."""

    code = -60


class TimedOut(AnoChatError, TimeoutError):
    """No answer in time."""

    code = -61


class TlsFailed(AnoChatError, ConnectionError):
    """The certificate, host name or TLS version was not accepted."""

    code = -62


class Unauthorised(AnoChatError, PermissionError):
    """Login or capability refused."""

    code = -63


class RateLimited(AnoChatError, ConnectionError):
    """Too many requests; try again later."""

    code = -64


class QuotaExceeded(AnoChatError, OSError):
    """The mailbox or account is full."""

    code = -65


class UntrustedIdentity(AnoChatError, PermissionError):
    """Sending is blocked until the user accepts the peer's changed identity."""

    code = -70


class Blocked(AnoChatError, PermissionError):
    """The peer is blocked or has not been allowed."""

    code = -71


def class_named(name: str) -> type[AnoChatError]:
    """The class of a situation by the name it has in C++, such as ``"bad_message"``."""
    found = getattr(sys.modules[__name__], "".join(part.capitalize() for part in name.split("_")), None)
    return found if isinstance(found, type) and issubclass(found, AnoChatError) else AnoChatError


__all__ = sorted(name for name, value in list(globals().items()) if isinstance(value, type))

_by_code: dict[int, type[AnoChatError]] = {
    kind.code: kind for kind in list(globals().values()) if isinstance(kind, type) and issubclass(kind, AnoChatError)}
