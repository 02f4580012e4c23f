"""The relay as an ASGI application, to mount in FastAPI, Starlette or any other server of WebSockets.

    engine = anochat.RelayEngine(store="relay.db")
    app.mount("/relay", anochat.asgi.RelayEndpoint(engine))     # clients: relay="wss://host/relay/"

Frames of all connections that arrive within a few milliseconds share one commit. Put TLS in front of it, as for the rest of
your application; ``trust_forwarded`` only behind a proxy that sets ``X-Forwarded-For`` itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
from typing import Any, Awaitable, Callable, MutableMapping, Optional

from ._core import RelayEngine

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

#: Seconds that an answer waits for others to share its commit.
GROUP_DELAY = 0.005
_POLICY, _GOING_AWAY, _NORMAL = 1008, 1001, 1000


class RelayEndpoint:
    """One engine and its connections. All of them live in one event loop."""

    def __init__(self, engine: RelayEngine, *, trust_forwarded: bool = False) -> None:
        self._engine = engine
        self._trust_forwarded = trust_forwarded
        self._connections: dict[int, _Connection] = {}
        self._ticker: Optional[asyncio.Task[None]] = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket":
            await _refuse_http(scope, send)
            return
        await receive()  # websocket.connect
        number = self._engine.open(_address_class(scope, self._trust_forwarded))
        connection = self._connections[number] = _Connection(self._engine, number, send)
        self._start()
        await send({"type": "websocket.accept"})
        writer = asyncio.create_task(connection.write())
        try:
            await self._read(connection, receive, writer)
        finally:
            del self._connections[number]
            self._engine.close_connection(number)
            writer.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await writer

    async def _read(self, connection: _Connection, receive: Receive, writer: asyncio.Task[None]) -> None:
        while not writer.done():
            while not self._engine.wants_input(connection.number) and self._engine.is_open(connection.number):
                await asyncio.sleep(GROUP_DELAY)  # it reads too slowly: nothing is read from it either
            message = await receive()
            if message["type"] == "websocket.disconnect":
                return
            frame = message.get("bytes")
            if frame is None:
                await connection.end(_POLICY)
                return
            self._engine.receive(connection.number, frame)

    def _start(self) -> None:
        if self._ticker is None or self._ticker.done():
            self._ticker = asyncio.get_running_loop().create_task(self._tick())

    async def _tick(self) -> None:
        """Commits, looks at deadlines, and wakes the connections that have something to write. Ends with the last one."""
        loop = asyncio.get_running_loop()
        while self._connections:
            ready = await loop.run_in_executor(None, self._step)
            for number in ready:
                if number in self._connections:
                    self._connections[number].ready.set()
            await asyncio.sleep(GROUP_DELAY)

    def _step(self) -> list[int]:
        self._engine.flush()
        self._engine.tick()
        return self._engine.ready()


class _Connection:
    def __init__(self, engine: RelayEngine, number: int, send: Send) -> None:
        self.number = number
        self.ready = asyncio.Event()
        self.ready.set()  # its challenge waits
        self._engine = engine
        self._send = send

    async def write(self) -> None:
        while True:
            await self.ready.wait()
            self.ready.clear()
            while frames := self._engine.take(self.number):
                for frame in frames:
                    await self._send({"type": "websocket.send", "bytes": frame})
            if not self._engine.is_open(self.number):
                await self.end(_GOING_AWAY)
                return

    async def end(self, code: int) -> None:
        with contextlib.suppress(Exception):
            await self._send({"type": "websocket.close", "code": code})


def _address_class(scope: Scope, trust_forwarded: bool) -> bytes:
    """What addresses of one owner have in common: an IPv4 /24 or an IPv6 /56."""
    host = (scope.get("client") or ("",))[0]
    if trust_forwarded:
        for name, value in scope.get("headers", ()):
            if name == b"x-forwarded-for":
                host = value.decode("latin-1").rsplit(",", 1)[-1].strip()
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return b"unknown"
    bits = 24 if address.version == 4 else 56
    return ipaddress.ip_network((address, bits), strict=False).network_address.packed


async def _refuse_http(scope: Scope, send: Send) -> None:
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 426, "headers": [(b"upgrade", b"websocket")]})
        await send({"type": "http.response.body", "body": b"this is a relay; connect with a WebSocket\n"})


__all__ = ["RelayEndpoint"]
