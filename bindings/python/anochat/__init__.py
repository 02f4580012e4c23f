"""End-to-end encrypted messaging, ready to import.

    import anochat

    async with anochat.Client("bot.db", passphrase="correct horse", relay="wss://relay.example") as me:
        async for message in me.messages():
            await message.reply(message.text)

- :class:`Client` for asyncio, :class:`anochat.sync.Client` for scripts and threads
- :class:`Relay` and :class:`RelayEngine`: the blind relay in this process, with or without a port of its own
- :class:`Session`: the lowest level, for those who bring their own storage and network
- :mod:`anochat.errors`, :mod:`anochat.events`, :mod:`anochat.testing`, :mod:`anochat.asgi`
"""

from __future__ import annotations

from . import errors  # first: the native half looks up its classes
from . import _core, events, sync, testing
from ._core import RelayEngine
from .client import Client, Listing, Message
from .errors import *  # noqa: F403
from .errors import AnoChatError
from .relay import Relay
from .session import Accepted, AccountKey, Device, PreKeys, Session, accept, safety_number
from .values import (Address, ConnectionState, Consent, Contact, Conversation, ConversationKind, Explanation, Kind, Presence,
                     Reaction, SafetyNumber, ScanResult, SearchHit, Stats, Status, Trust)

__version__: str = _core.VERSION

__all__ = [
    "Accepted", "AccountKey", "Address", "AnoChatError", "Client", "ConnectionState", "Consent", "Contact", "Conversation",
    "ConversationKind", "Device", "Explanation", "Kind", "Listing", "Message", "PreKeys", "Presence", "Reaction", "Relay",
    "RelayEngine", "SafetyNumber", "ScanResult", "SearchHit", "Session", "Stats", "Status", "Trust", "__version__", "accept",
    "errors", "events", "safety_number", "sync", "testing",
    *errors.__all__,
]
