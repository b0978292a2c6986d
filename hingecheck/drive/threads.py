"""Background threads: one reads ahead of the caller, one writes behind it.

They help where either side releases the GIL: decoding, pose networks, drawing, encoding.
"""

import queue
from collections.abc import Callable, Generator, Iterable
from contextlib import suppress
from threading import Event, Thread
from types import TracebackType
from typing import Any, Final, Generic, Self, TypeVar

T = TypeVar("T")

DEPTH: Final = 2  # items between two threads: enough to even out slow pictures, few enough to cost little memory
_LOOK_S: Final = 0.1  # how often a blocked thread checks whether it is still needed


def ahead(source: Iterable[T], depth: int = DEPTH) -> Generator[T, None, None]:
    """The items of ``source``, in order, read up to ``depth`` ahead by another thread. Its exceptions are raised here.

    A generator: closing or garbage-collecting it ends the thread and waits until ``source`` is no longer in use.
    """
    line: queue.Queue[tuple[str, Any]] = queue.Queue(depth)
    unwanted = Event()
    thread = Thread(target=_take, args=(source, line, unwanted), daemon=True)
    thread.start()
    try:
        while True:
            kind, item = line.get()
            if kind == "end":
                return
            if kind == "error":
                raise item
            yield item
    finally:
        unwanted.set()
        with suppress(queue.Empty):  # make room, or the thread blocks a moment longer
            while True:
                line.get_nowait()
        thread.join()


def _take(source: Iterable[Any], line: "queue.Queue[tuple[str, Any]]", unwanted: Event) -> None:
    def put(kind: str, item: Any) -> bool:
        while not unwanted.is_set():
            with suppress(queue.Full):
                line.put((kind, item), timeout=_LOOK_S)
                return True
        return False

    try:
        for item in source:
            if not put("item", item):
                return
        put("end", None)
    except BaseException as error:  # whatever it is, it is raised where the items are read
        put("error", error)


class Behind(Generic[T]):
    """Passes items to ``use`` in another thread, in order: ``with Behind(use) as line: line.put(item)``.

    At most ``depth`` items wait. An exception of ``use`` is raised by the next ``put`` or at the end of the block. The end of the block
    waits until all items are done. If the block fails, the waiting items are dropped.
    """

    def __init__(self, use: Callable[[T], object], depth: int = DEPTH) -> None:
        self._use = use
        self._line: queue.Queue[T | None] = queue.Queue(depth)
        self._error: BaseException | None = None
        self._dropped = Event()
        self._thread = Thread(target=self._work, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if kind is not None:
            self._dropped.set()
        self._line.put(None)
        self._thread.join()
        if kind is None and self._error is not None:
            raise self._error

    def put(self, item: T) -> None:
        """Add an item. Blocks while ``depth`` others wait."""
        if self._error is not None:
            raise self._error
        self._line.put(item)

    def _work(self) -> None:
        while (item := self._line.get()) is not None:
            if self._error is None and not self._dropped.is_set():
                try:
                    self._use(item)
                except BaseException as error:  # raised by ``put``; later items are dropped, so that ``put`` never blocks for ever
                    self._error = error
