"""Closes at the interpreter's end what the program has left open, so that no thread runs on while memory is torn down."""

from __future__ import annotations

import atexit
import weakref
from typing import Callable, Protocol


class _Closable(Protocol):
    def close(self) -> None: ...


_alive: weakref.WeakKeyDictionary[_Closable, Callable[[_Closable], None]] = weakref.WeakKeyDictionary()


def watch(thing: _Closable) -> None:
    _alive[thing] = type(thing).close


@atexit.register
def _close_all() -> None:
    for thing, close in list(_alive.items()):
        try:
            close(thing)
        except Exception:  # noqa: S110 - the process ends; there is nobody to tell
            pass
