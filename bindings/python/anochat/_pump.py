"""From the native event queue into asyncio: one descriptor, one wake-up and one thread hop for a whole batch."""

from __future__ import annotations

import asyncio
import collections
import weakref
from typing import Any, Awaitable, Callable, Generic, Optional, TypeVar

T = TypeVar("T")

#: Events that are kept for an iterator while another one of the same client is faster.
MOST_WAITING = 65_536


class Feed(Generic[T]):
    """One ``async for``: a place in the pump's log, and what it wants to see of it."""

    def __init__(self, pump: Pump, wants: Callable[[Any], Optional[T]], lost: Callable[[int], Optional[T]]) -> None:
        self._pump = pump
        self._wants = wants
        self._lost = lost
        self.position = pump.seen
        self._waiter: Optional[asyncio.Future[None]] = None

    def __aiter__(self) -> Feed[T]:
        return self

    async def __anext__(self) -> T:
        while True:
            item = self._next()
            if item is not None:
                return item
            if self._pump.is_closed:
                raise StopAsyncIteration
            if self._pump.failure is not None:
                raise self._pump.failure
            await self._wait()

    def _next(self) -> Optional[T]:
        item: Optional[T] = None
        while item is None and self.position < self._pump.end:
            missed = self._pump.begin - self.position
            if missed > 0:
                self.position += missed
                item = self._lost(missed)
            else:
                item = self._wants(self._pump.at(self.position))
                self.position += 1
            self._pump.seen = max(self._pump.seen, self.position)
        return item

    async def _wait(self) -> None:
        if self._waiter is not None:
            raise RuntimeError("another task waits on this iterator already; give each its own")
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            self._pump.look()
            await self._waiter
        finally:
            self._waiter = None

    def wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class Pump:
    """
    Watches the descriptor only while somebody waits, so what nobody reads stays in the native queue, which is bounded.

    What was taken from there is kept in a log. A new feed begins at the first event that no feed has passed, so nothing is
    lost between an iterator that was left or cancelled and the next.
    """

    def __init__(self, take: Callable[[], Awaitable[list[Any]]], descriptor: Callable[[], int]) -> None:
        self._take = take
        self._descriptor = descriptor
        self._feeds: weakref.WeakSet[Feed[Any]] = weakref.WeakSet()
        self._watched: Optional[int] = None
        self._task: Optional[asyncio.Task[None]] = None
        self._log: collections.deque[Any] = collections.deque()
        self.begin = 0
        self.seen = 0
        self.is_closed = False
        self.failure: Optional[BaseException] = None

    @property
    def end(self) -> int:
        return self.begin + len(self._log)

    def at(self, position: int) -> Any:
        return self._log[position - self.begin]

    @property
    def has_ended(self) -> bool:
        return self.is_closed or self.failure is not None

    def feed(self, wants: Callable[[Any], Optional[T]], lost: Callable[[int], Optional[T]]) -> Feed[T]:
        made = Feed(self, wants, lost)
        self._feeds.add(made)
        return made

    def look(self) -> None:
        """Somebody waits: watch the descriptor, unless a batch is on its way."""
        self._forget()
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
        self._log.extend(events)
        self._forget()
        for feed in list(self._feeds):
            feed.wake()

    def _forget(self) -> None:
        """Drops what every feed has passed, and the oldest of what a slow one has not."""
        slowest = min((feed.position for feed in self._feeds), default=self.seen)
        while self.begin < min(slowest, self.end) or len(self._log) > MOST_WAITING:
            self._log.popleft()
            self.begin += 1
