"""How long a call and each of its phases may take."""

import math
import time
from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

from ..errors import DeadlineExceeded

Phase: TypeAlias = Literal["open", "send", "first", "idle", "total"]
PHASES: Final[tuple[Phase, ...]] = ("open", "send", "first", "idle", "total")

SLICE: Final = 0.1  # seconds of waiting at a time: an interrupt is noticed on Windows, too


class Deadline:
    """When, on the monotonic clock, the phase at hand must be over: by its own limit, or by that of the whole call."""

    def __init__(self, timeouts: Mapping[Phase, float], total_at: float) -> None:
        """Take the limits in seconds by phase, and when the whole call must be over; no phase has begun yet."""
        self._timeouts = timeouts
        self._total_at = total_at
        self._phase: Phase = "total"
        self._at = total_at
        self.host = ""  # for the error's text

    def begin(self, phase: Phase) -> None:
        """Begin a phase; DeadlineExceeded when the whole call has no time left."""
        now = time.monotonic()
        self._phase, self._at = phase, now + self._timeouts[phase]
        if self._at >= self._total_at:
            self._phase, self._at = "total", self._total_at
            if now >= self._total_at:
                self._fail()

    def left(self) -> float:
        """Return the seconds left; DeadlineExceeded when there are none."""
        left = self._at - time.monotonic()
        if left <= 0:
            self._fail()
        return left

    def check_total(self) -> None:
        """DeadlineExceeded when the whole call has no time left."""
        if time.monotonic() >= self._total_at:
            self._phase = "total"
            self._fail()

    def stop(self) -> None:
        """Leave no time for anything, from now on; another thread may call it."""
        self._total_at = self._at = -math.inf

    def _fail(self) -> None:
        """Raise the DeadlineExceeded of this phase; asking again may help while nothing was answered."""
        phase, seconds = self._phase, self._timeouts[self._phase]
        key, option = f"deadline.{phase}", f"{phase}-timeout"
        raise DeadlineExceeded(
            key, retryable=phase == "open", phase=phase, seconds=seconds, host=self.host, option=option
        )
