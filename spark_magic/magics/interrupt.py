"""The user's interrupt: noticed at once, one line on the screen, and nothing of ours left half done."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ..errors import SparkInterrupted


@contextmanager
def interruptible() -> Iterator[None]:
    """Raise an interrupt of the block as SparkInterrupted, so that no traceback goes through our frames.

    In a cell with `await`, too: there ipykernel keeps it back until the event loop runs again.
    """
    keeps_back = str(getattr(_handler(), "__module__", "")).startswith("ipykernel")
    try:
        with _handled_by(signal.default_int_handler if keeps_back else None):
            yield
    except SparkInterrupted:
        raise
    except KeyboardInterrupt:
        pass
    else:
        return
    raise SparkInterrupted  # out here it carries no frames of ours


class Interrupt:
    """What became of the user's interrupt in a block: `came` tells whether there was one."""

    def __init__(self) -> None:
        """Start without one."""
        self.came = False


@contextmanager
def interrupted_by(stop: Callable[[], None]) -> Iterator[Interrupt]:
    """Have the first interrupt of the block call `stop`, in place of raising it anywhere in the middle.

    What waits in the block must end by `stop`, which may not wait for any lock. A second interrupt is raised where
    it comes: should anything hang, it still can be stopped.
    """
    interrupt = Interrupt()
    handler = _handler()

    def once(*arguments: Any) -> None:
        if interrupt.came:
            handler(*arguments)
        interrupt.came = True
        stop()

    with _handled_by(once):
        yield interrupt


@contextmanager
def held_back() -> Iterator[None]:
    """Let an interrupt wait for the end of the block, where it is raised."""
    came: list[tuple[Any, ...]] = []
    handler = _handler()
    try:
        with _handled_by(lambda *arguments: came.append(arguments)):
            yield
    finally:
        if came:
            handler(*came[0])


@contextmanager
def _handled_by(new: Any) -> Iterator[None]:
    """Have interrupts handled by another function for the time of the block; None leaves all as it is."""
    old = _handler()
    if old is None or new is None:
        yield
        return
    signal.signal(signal.SIGINT, new)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, old)


def _handler() -> Any:
    """Return the function that handles interrupts; None where there is none, or where this thread gets none."""
    handler = signal.getsignal(signal.SIGINT)
    return handler if callable(handler) and threading.current_thread() is threading.main_thread() else None
