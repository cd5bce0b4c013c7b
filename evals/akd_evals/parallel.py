"""A bounded pool of threads whose results come as they are ready and which an interrupt leaves at once."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Generator, Iterable
from typing import TypeVar

In = TypeVar("In")
Out = TypeVar("Out")


def unordered(
    function: Callable[[In], Out], items: Iterable[In], workers: int
) -> Generator[tuple[In, Out], None, None]:
    """Yield (item, function(item)) as each is ready, with at most `workers` at a time, started in items' order.

    An exception of `function` is raised here and ends the iteration. The threads are daemons that start nothing new
    once the generator is closed, so an interrupted program need not wait for what is running.
    """
    waiting: queue.SimpleQueue[In] = queue.SimpleQueue()
    count = 0
    for item in items:
        waiting.put(item)
        count += 1
    ready: queue.SimpleQueue[tuple[In, Out] | BaseException] = queue.SimpleQueue()
    ended = threading.Event()

    def work() -> None:
        while not ended.is_set():
            try:
                item = waiting.get_nowait()
            except queue.Empty:
                return
            try:
                ready.put((item, function(item)))
            except BaseException as error:
                ready.put(error)

    for _ in range(min(workers, count)):
        threading.Thread(target=work, daemon=True, name="akd-score").start()
    try:
        for _ in range(count):
            outcome = ready.get()
            if isinstance(outcome, BaseException):
                raise outcome
            yield outcome
    finally:
        ended.set()
