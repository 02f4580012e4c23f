"""The blind relay inside this process."""

from __future__ import annotations

import os
from typing import NoReturn, Optional, Union

from . import _core, _lifetime
from .errors import InvalidArgument, WrongState

_Path = Union[None, str, os.PathLike[str]]


class Relay:
    """A relay with a port of its own: it keeps sealed envelopes for devices that are away, and can read none of them.

        with anochat.Relay() as relay:
            client = anochat.Client("me.db", passphrase="correct horse", relay=relay)

    It listens when it is made. Everything runs in one native thread, which is gone after :meth:`close`.

    :param host: a numeric address of this machine; anything but the loopback needs a certificate, or ``allow_plain``
    :param port: 0: the system chooses
    :param store: a file for what has not been fetched yet, or None to keep it in memory
    :param certificate: PEM file, the server's certificate first; with ``private_key``: TLS 1.3
    :param name: logins are signed for it: clients that were given a ``relay_name`` must have been given this one
    :param allow_plain: no TLS on more than the loopback: behind a proxy that has TLS
    """

    def __init__(self, *, host: str = "127.0.0.1", port: int = 0, store: _Path = None, certificate: _Path = None,
                 private_key: _Path = None, name: str = "relay", allow_plain: bool = False,
                 registration_open: bool = True) -> None:
        if not _core.HAS_NETWORK:
            raise InvalidArgument("this build has no network; build it with Boost and OpenSSL")
        self._is_open = False
        self._pid = os.getpid()
        self._has_tls = certificate is not None
        self._host = host
        self._server = _core.RelayServer(
            name=name, host=host, port=port, store=_text(store), certificate=_text(certificate), key=_text(private_key),
            allow_plain=allow_plain, registration_open=registration_open)
        self._is_open = True
        self._port = self._server.port()
        _lifetime.watch(self)

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._port

    @property
    def url(self) -> str:
        """For ``Client(relay=...)``. With TLS, clients check the certificate against the name they use: put it there."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"{'wss' if self._has_tls else 'ws'}://{host}:{self._port}"

    def is_ready(self) -> bool:
        """Takes connections, and the last commit worked."""
        return self._is_open and self._server.is_ready()

    def metrics(self) -> str:
        """Numbers of nobody in particular, in the Prometheus text format."""
        if not self._is_open:
            raise WrongState("the relay is closed")
        return self._server.metrics()

    def drain(self, come_back: float = 5.0, deadline: float = 10.0) -> bool:
        """Takes nobody in any more and sends everybody away for up to ``come_back`` seconds. True when all are gone."""
        if not self._is_open:
            raise WrongState("the relay is closed")
        return self._server.drain(int(come_back * 1_000), int(deadline * 1_000))

    def close(self) -> None:
        """Commits what was promised, closes everything and ends the thread. Safe to call again."""
        if self._is_open and os.getpid() == self._pid:  # after fork() it is the parent's to close
            self._is_open = False
            self._server.stop()

    def __enter__(self) -> Relay:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def __aenter__(self) -> Relay:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<anochat.Relay {'on port ' + str(self._port) if self._is_open else 'closed'}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a relay has an open port; make another one instead")


def _text(path: Optional[Union[str, os.PathLike[str]]]) -> str:
    return "" if path is None else os.fspath(path)


__all__ = ["Relay"]
