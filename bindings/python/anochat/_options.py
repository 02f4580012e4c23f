"""What both faces of the client are opened with, and how their native half is made of it."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any, Callable, Optional, Protocol, Sequence, Union

from . import _core, _lifetime
from .errors import InvalidArgument

#: A passphrase, or a function that fetches it when it is needed and not before.
Secret = Union[str, bytes, bytearray, memoryview]
KeySource = Union[None, Secret, Callable[[], Secret]]


class Link(Protocol):
    """The connection of a client that has no socket: see :class:`anochat.testing.MemoryRelay`."""

    def pump(self) -> None: ...
    def detach(self) -> None: ...


class InProcessRelay(Protocol):
    """A relay that carries frames without a socket."""

    def attach(self, core: _core.Client) -> Link: ...


class HasUrl(Protocol):
    @property
    def url(self) -> str: ...


Relay = Union[None, str, HasUrl, InProcessRelay]


@dataclass(frozen=True)
class Options:
    """See :class:`anochat.Client` for what each means."""

    path: Optional[str]
    mode: str
    passphrase: KeySource = field(repr=False)
    key: KeySource = field(repr=False)
    relay: Relay
    relay_name: str
    name: str = field(repr=False)
    about: str = field(repr=False)
    allow_strangers: bool
    block_new_devices: bool
    delivery_receipts: bool
    read_receipts: bool
    ca_file: str
    pins: Sequence[str]
    allow_plain: bool
    proxy: str
    kdf_memory_kib: Optional[int]
    clock: Optional[_core.Clock]
    random: Optional[_core.Random]


_DEFAULTS: dict[str, Any] = {
    "mode": "open_or_create", "passphrase": None, "key": None, "relay": None, "relay_name": "", "name": "", "about": "",
    "allow_strangers": False, "block_new_devices": False, "delivery_receipts": True, "read_receipts": True,
    "ca_file": "", "pins": (), "allow_plain": False, "proxy": "", "kdf_memory_kib": None, "clock": None, "random": None,
}


def make_options(path: Union[None, str, os.PathLike[str]], given: dict[str, Any]) -> Options:
    unknown = sorted(set(given) - set(_DEFAULTS))
    if unknown:
        raise TypeError(f"unknown option {unknown[0]!r}")
    chosen = {**_DEFAULTS, **given}
    if chosen["mode"] not in ("open", "create", "open_or_create"):
        raise ValueError('mode is "open", "create" or "open_or_create"')
    if path is not None and chosen["passphrase"] is None and chosen["key"] is None:
        raise TypeError("a store in a file needs passphrase= or key=")
    if chosen["passphrase"] is not None and chosen["key"] is not None:
        raise TypeError("passphrase= or key=, not both")
    if isinstance(chosen["pins"], str):
        raise TypeError("pins is a list of str, not one")
    relay = chosen["relay"]
    if not (relay is None or isinstance(relay, str) or hasattr(relay, "attach") or hasattr(relay, "url")):
        raise TypeError("relay is a URL or a relay of this process")
    return Options(path=None if path is None else os.fspath(path), **chosen)


def _fetch(source: KeySource) -> Optional[Secret]:
    return source() if callable(source) else source


def open_core(options: Options) -> tuple[_core.Client, Optional[Link]]:
    """Opens the store and begins to connect. May take a tenth of a second: a passphrase is strengthened first."""
    core = _core.Client(
        options.path, mode=options.mode, passphrase=_fetch(options.passphrase), key=_fetch(options.key),
        kdf_memory_kib=options.kdf_memory_kib, clock=options.clock, random=options.random,
        relay_name=options.relay_name, name=options.name, about=options.about,
        switches=(options.delivery_receipts, options.read_receipts, options.allow_strangers, options.block_new_devices))
    _lifetime.watch(core)
    try:
        return core, _connect(core, options)
    except BaseException:
        core.close()
        raise


def _connect(core: _core.Client, options: Options) -> Optional[Link]:
    relay = options.relay
    if relay is None:
        return None
    attach = getattr(relay, "attach", None)
    if attach is not None:
        link: Link = attach(core)
        return link
    url: str = relay if isinstance(relay, str) else getattr(relay, "url")
    if not _core.HAS_NETWORK:
        raise InvalidArgument("this build has no network; build it with Boost and OpenSSL")
    core.connect(url, ca_file=options.ca_file, pins=list(options.pins), allow_plain=options.allow_plain,
                 proxy=options.proxy)
    return None
