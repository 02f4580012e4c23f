"""The lowest level: accounts, devices, prekeys and sessions, for those who bring their own storage and network.

    account = AccountKey.generate()
    device = Device.create(account)
    prekeys = PreKeys(device)
    bundle = prekeys.bundle()                                     # publish this

    session = Session.initiate(my_device, bundle, "ano1....1")    # somebody else, with that bundle
    accepted = accept(device, prekeys, session.encrypt(b"hello"))
    accepted.content                                              # b"hello"

Save a session before a ciphertext of it leaves, and never go back to an older copy.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NoReturn, Optional

from . import _core
from ._core import AccountKey, Device, PreKeys, Session
from .values import Address, SafetyNumber


@dataclass(frozen=True)
class Accepted:
    """What :func:`accept` returns."""

    session: Session
    content: bytes = field(repr=False)
    peer: Address
    #: The last-resort prekey was used: until the first answer, a later theft of that prekey opens this message.
    has_reduced_forward_secrecy: bool

    def __reduce__(self) -> NoReturn:
        raise TypeError("this object holds a session; use session.save() and protect the bytes, or session.seal()")


def accept(device: Device, prekeys: PreKeys, message: bytes, *, random: Optional[_core.Random] = None,
           now_ms: Optional[int] = None) -> Accepted:
    """Opens the first message of a conversation that the peer has started, and uses up the prekeys that it names: save
    both the session and the prekeys before the message is acknowledged.

    Ask :meth:`Session.peek_id` first: a message whose session is already there belongs to that session's ``decrypt``.
    Any contiguous buffer will do for ``message``.
    """
    session, content, peer, is_reduced = Session._accept(device, prekeys, message, random=random, now_ms=now_ms)
    return Accepted(session, content, Address.parse(peer), is_reduced)


def safety_number(own_public_key: bytes, peer_public_key: bytes) -> SafetyNumber:
    """The number of two accounts, of their 32-byte public keys."""
    return SafetyNumber(*_core.safety_number(own_public_key, peer_public_key))


__all__ = ["Accepted", "AccountKey", "Device", "PreKeys", "Session", "accept", "safety_number"]
