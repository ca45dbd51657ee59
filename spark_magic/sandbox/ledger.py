"""What the gateway has seen: counted on its thread, read and waited for on any other."""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

_KEPT: Final = 1000  # requests: each carries its whole history, and a kernel's sandbox may run for days
_SLICE: Final = 0.05  # a condition on something else than the ledger is looked at again this often, in seconds


class Ledger:
    """Handshakes, open connections and requests, under one condition."""

    def __init__(self) -> None:
        """Start with nothing seen."""
        self._changed = threading.Condition()
        self._handshakes = 0
        self._open = 0
        self._requests: deque[dict[str, Any]] = deque(maxlen=_KEPT)

    @property
    def handshakes(self) -> int:
        """How many upgrades were asked for, the refused ones included."""
        with self._changed:
            return self._handshakes

    @property
    def open_connections(self) -> int:
        """How many connections are being served now."""
        with self._changed:
            return self._open

    @property
    def requests(self) -> list[dict[str, Any]]:
        """The last 1,000 decoded requests, in the order they came; a copy."""
        with self._changed:
            return list(self._requests)

    def count_handshake(self) -> None:
        """Count one upgrade, before it is judged."""
        with self._changed:
            self._handshakes += 1
            self._changed.notify_all()

    def note_request(self, request: dict[str, Any]) -> None:
        """Keep one decoded request."""
        with self._changed:
            self._requests.append(request)
            self._changed.notify_all()

    def times_asked(self, text: str) -> int:
        """Return how many of the kept requests have `text` as their newest message."""
        return sum(_newest(request) == text for request in self.requests)

    @contextmanager
    def connection(self) -> Iterator[None]:
        """Count one connection as open for as long as the block runs."""
        self._count_open(1)
        try:
            yield
        finally:
            self._count_open(-1)

    def _count_open(self, difference: int) -> None:
        with self._changed:
            self._open += difference
            self._changed.notify_all()

    def wait_until(self, condition: Callable[[], bool], timeout: float) -> bool:
        """Wait up to `timeout` seconds for `condition`, looked at on every change; return whether it holds."""
        deadline = time.monotonic() + timeout
        with self._changed:
            while not condition():
                left = deadline - time.monotonic()
                if left <= 0:
                    return False
                self._changed.wait(min(left, _SLICE))
        return True


def _newest(request: dict[str, Any]) -> str | None:
    """Return a request's newest text, None where it has none: a refused one may be anything."""
    try:
        text = request["payload"]["message"]["text"][-1]["content"]
    except (KeyError, IndexError, TypeError):
        return None
    return text if isinstance(text, str) else None
