"""When the next request may start: both limits together, as the loop that starts requests asks for it."""

import math
from typing import Literal

from .pace import Pace
from .places import Places


class Throttle:
    """An account's quota, found out by using it: all of it, with as few refusals as may be.

    Nothing is known at first, so nothing is held back but by the two ceilings, `concurrency` requests at once and
    `qps` starts a second, evenly spaced. What is refused slows down to what was let in; a little more is tried from
    time to time, seldom where that was refused before. It reads no clock and never waits: `now` and `started` are
    seconds of one steady clock, `started` the `now` of the `started()` call of the same request. For one thread.
    """

    def __init__(self, concurrency: int, qps: float | None = None) -> None:
        """Take the ceilings, at least 1 and more than 0; without `qps` there is none. ValueError for others."""
        if concurrency < 1 or not (qps is None or 0 < qps < math.inf):
            message = f"no ceilings: concurrency {concurrency!r}, qps {qps!r}"
            raise ValueError(message)
        self._places = Places(concurrency)
        self._pace = Pace(qps)

    @property
    def concurrency(self) -> int:
        """How many may be in flight at the moment, from 1 to the ceiling."""
        return self._places.count

    @property
    def qps(self) -> float | None:
        """How many may start in a second at the moment; None: as many as there are places for."""
        return None if math.isinf(self._pace.rate) else self._pace.rate

    def wait(self, now: float, in_flight: int) -> float:
        """Return the seconds until the next may start, 0.0 for at once; `in_flight` is how many are on their way.

        `math.inf` means: not before one of them has ended. Never so with none in flight.
        """
        self._places.taken = in_flight
        return self._pace.wait(now) if self._places.free() else math.inf

    def started(self, now: float) -> None:
        """Note that one has started."""
        self._places.take(now)
        self._pace.start(now)

    def succeeded(self, now: float, started: float) -> None:
        """Note that one has ended that was let in, whatever became of it then."""
        self._places.answered(started)
        self._pace.answered(now, started)

    def limited(self, now: float, started: float, *, by: Literal["rate", "concurrency"]) -> None:
        """Note that one was refused for this limit.

        Those of one round, started before the first of them was heard of, make one cut: to what was not refused.
        """
        if by == "rate":
            self._places.leave()
            self._pace.refused(now, started)
            return
        others = self._places.refused(now, started)
        self._pace.forget(started)
        if not others:  # alone and yet too many: a place takes time to be free, or another program has them all
            self._pace.refused(now, started)
