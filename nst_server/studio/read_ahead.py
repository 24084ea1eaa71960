"""Work on the next of many things while the one before is in use."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from threading import Thread
from typing import TypeVar

Item = TypeVar("Item")
Value = TypeVar("Value")


def ahead(
    items: Iterable[Item], work: Callable[[Item], Value]
) -> Iterator[tuple[Item, Future[Value]]]:
    """Yield each item with the future of its ``work``, which the next item's has begun behind.

    Never more than one is ahead. Work goes on in a thread that no interruption waits for.
    """
    begun: deque[tuple[Item, Future[Value]]] = deque()
    for item in items:
        begun.append((item, _begun(work, item)))
        if len(begun) > 1:
            yield begun.popleft()
    yield from begun


def _begun(work: Callable[[Item], Value], item: Item) -> Future[Value]:
    future: Future[Value] = Future()

    def run() -> None:
        try:
            future.set_result(work(item))
        except BaseException as error:
            future.set_exception(error)

    Thread(target=run, name="read ahead", daemon=True).start()
    return future
