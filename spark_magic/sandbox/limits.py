"""An account's limits: how many requests are answered at once, and how many may begin within a second."""

import math
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from . import frames
from .schema import Refused

TOO_FAST: Final = 11202
TOO_MANY: Final = 11203


class Limits:
    """Who is let in, who is being answered, and how many were refused.

    One thread, the gateway's, lets in; the numbers may be read on any.
    """

    def __init__(self) -> None:
        """Start with nobody there."""
        self.refused = 0
        self.most_seen_at_once = 0
        self._at_once = 0
        self._begun: deque[float] = deque()  # when those let in began; what no window reaches any more is dropped

    def let_in(self, now: float, *, most_at_once: int | None, most_per_second: float | None) -> None:
        """Let one request in that came at `now` (seconds of any steady clock); None is no limit, 0 lets nobody in.

        Raises Refused with 11202 or 11203; a request refused counts towards neither limit.
        """
        if not self._in_time(now, most_per_second):
            raise self._refusal(TOO_FAST)
        if most_at_once is not None and self._at_once >= most_at_once:
            raise self._refusal(TOO_MANY)
        self._begun.append(now)

    @contextmanager
    def answering(self) -> Iterator[None]:
        """Count one request as being answered for as long as the block runs."""
        self._at_once += 1
        self.most_seen_at_once = max(self.most_seen_at_once, self._at_once)
        try:
            yield
        finally:
            self._at_once -= 1

    def _in_time(self, now: float, most: float | None) -> bool:
        """Tell whether one more fits into a window that slides: of one second, or longer for less than one a second."""
        count = max(1, math.floor(most or 1))
        window = count / most if most else 1.0
        while self._begun and self._begun[0] <= now - window:
            self._begun.popleft()
        return most is None or (most > 0 and len(self._begun) < count)

    def _refusal(self, code: int) -> Refused:
        self.refused += 1
        return Refused(code, *frames.OVER_LIMIT[code])
