"""From the native event queue into asyncio: one descriptor, one wake-up and one thread hop for a whole batch."""

from __future__ import annotations

import asyncio
import collections
import weakref
from typing import Any, Awaitable, Callable, Generic, Optional, TypeVar

T = TypeVar("T")

#: Items that a feed keeps while another feed of the same client is faster.
MOST_WAITING = 65_536


class Feed(Generic[T]):
    """One ``async for``: its own queue of what it wants to see."""

    def __init__(self, pump: Pump, wants: Callable[[Any], Optional[T]], lost: Callable[[int], Optional[T]]) -> None:
        self._pump = pump
        self._wants = wants
        self._lost = lost
        self._items: collections.deque[T] = collections.deque()
        self._dropped = 0
        self._waiter: Optional[asyncio.Future[None]] = None

    def __aiter__(self) -> Feed[T]:
        return self

    async def __anext__(self) -> T:
        while not self._items:
            if self._dropped:
                count, self._dropped = self._dropped, 0
                told = self._lost(count)
                if told is not None:
                    return told
            if self._pump.is_closed:
                raise StopAsyncIteration
            if self._pump.failure is not None:
                raise self._pump.failure
            await self._wait()
        return self._items.popleft()

    async def _wait(self) -> None:
        if self._waiter is not None:
            raise RuntimeError("another task waits on this iterator already; give each its own")
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            self._pump.look()
            await self._waiter
        finally:
            self._waiter = None

    @property
    def is_hungry(self) -> bool:
        return self._waiter is not None and not self._waiter.done()

    def offer(self, event: Any) -> None:
        item = self._wants(event)
        if item is None:
            return
        if len(self._items) >= MOST_WAITING:
            self._dropped += 1
            return
        self._items.append(item)

    def wake(self) -> None:
        if self._waiter is not None and not self._waiter.done() and (self._items or self._pump.has_ended):
            self._waiter.set_result(None)


class Pump:
    """Watches the descriptor only while somebody waits, so what nobody reads stays in the native queue, which is bounded."""

    def __init__(self, take: Callable[[], Awaitable[list[Any]]], descriptor: Callable[[], int]) -> None:
        self._take = take
        self._descriptor = descriptor
        self._feeds: weakref.WeakSet[Feed[Any]] = weakref.WeakSet()
        self._watched: Optional[int] = None
        self._task: Optional[asyncio.Task[None]] = None
        self.is_closed = False
        self.failure: Optional[BaseException] = None

    @property
    def has_ended(self) -> bool:
        return self.is_closed or self.failure is not None

    def feed(self, wants: Callable[[Any], Optional[T]], lost: Callable[[int], Optional[T]]) -> Feed[T]:
        made = Feed(self, wants, lost)
        self._feeds.add(made)
        return made

    def look(self) -> None:
        """Somebody waits: watch the descriptor, unless a batch is on its way."""
        if self._watched is None and self._task is None and not self.has_ended:
            self._watched = self._descriptor()
            asyncio.get_running_loop().add_reader(self._watched, self._readable)

    def close(self) -> None:
        self.is_closed = True
        self._unwatch()
        for feed in list(self._feeds):
            feed.wake()

    def _unwatch(self) -> None:
        if self._watched is not None:
            asyncio.get_running_loop().remove_reader(self._watched)
            self._watched = None

    def _readable(self) -> None:
        self._unwatch()
        self._task = asyncio.get_running_loop().create_task(self._drain())

    async def _drain(self) -> None:
        try:
            events = await self._take()
        except asyncio.CancelledError:
            self._task = None
            raise
        except Exception as failure:  # noqa: BLE001 - told to whoever waits
            self.failure = failure
            events = []
        self._task = None
        feeds = list(self._feeds)
        for feed in feeds:
            for event in events:
                feed.offer(event)
            feed.wake()
        if any(feed.is_hungry for feed in feeds):
            self.look()
