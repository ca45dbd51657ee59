"""How many a second."""

import math
from collections import deque
from typing import Final

from .patience import Patience

_PAUSE: Final = 1.0  # seconds without a start after a refusal: the service counts by the second
_WINDOW: Final = 1.0  # seconds it counts together
_JITTER: Final = 0.1  # seconds by which two starts may come nearer to each other on their way
_BELOW: Final = 0.95  # of what was let in: so jitter does not push one too many into a second
_BACK: Final = 0.7  # of the rate when nothing was let in around a refusal, and at least this much otherwise
_SLOWEST: Final = 0.2  # starts a second, unless the ceiling is lower still
_SMALL, _BOLD, _DOUBLE = 0.05, 0.5, 1.0  # by how much more is tried: where the limit is known, where not, at most
_RAMP: Final = 1.5  # of the rate, each second, while no refusal tells of the limit itself
_OUTAGE: Final = 3  # refused in a row: others use the account up, which says nothing of its limit
_SPAN: Final = 4.0  # seconds over which is counted what is let in at best
_FAR: Final = 0.5  # of that: below, it is tried for sooner and in larger steps
_RECOVERY: Final = 5.0  # seconds between two of them
_KEPT: Final = 1000  # starts remembered
_PROOF: Final = 4  # good ends, and
_PROOF_TIME: Final = 2 * _WINDOW  # seconds until a higher rate counts as let in
_NEARLY: Final = 0.7  # of a rate, and it is used
_GOOD_ENDS_PER_SECOND: Final = 8  # patience in seconds: a refused try costs a pause, however fast the service is
_INSTANT: Final = 1e-6  # seconds; a shorter wait is none, and the sum of times may be rounded to no progress at all


class Pace:
    """Starts evenly spaced, up to `most` a second (None: as they come). A refusal leaves what was let in around it.

    A little more is tried after a while of starts that waited for the pace; more each time it goes well, less where
    it was refused.
    """

    def __init__(self, most: float | None) -> None:
        """Begin with the ceiling."""
        self.rate = self._most = math.inf if most is None else most  # starts a second
        self._due = -math.inf  # before then nothing starts
        self._began = math.inf  # the very first start
        self._ramping = False  # a higher rate is tried each second, until one is refused
        self._held = False  # the last start waited for the pace, not for a place or a row
        self._starts: deque[float] = deque(maxlen=_KEPT)  # of those not refused, or not yet
        self._ramped = math.inf  # since when this one is
        self._patience = Patience()
        self._floor = 0.0  # no round of refusals makes it slower than that: others may have been in the way
        self._step = _SMALL
        self._best = 0.0  # the most that was let in, starts a second
        self._cut = -math.inf  # when the last round of refusals was first heard of
        self._changed = -math.inf  # when the rate last was
        self._in_a_row = 0  # refusals with nothing let in between
        self._refused_start = -math.inf  # the start refused last
        self._refused_at = 0.0  # the rate that was refused last
        self._proven: float | None = None  # the rate to go back to while a higher one is being tried
        self._to_prove = 0

    def wait(self, now: float) -> float:
        """Return the seconds until the next may start."""
        left = self._due - now
        return left if left > _INSTANT else 0.0

    def start(self, now: float) -> None:
        """Note that one has started."""
        interval = 1 / self.rate
        self._held = now < self._due + interval
        self._due = now + interval
        self._starts.append(now)
        self._began = min(self._began, now)

    def answered(self, now: float, started: float) -> None:
        """Note that one let in has ended; try a higher rate if it is time."""
        if self._ramping:
            self._ramp(now, started)
        elif self._proven is not None:
            self._prove(now, started)
        elif self._held and self.rate < self._most and self._is_rested(now) and self._is_used(now):
            self._proven, self._to_prove = self.rate, _PROOF
            step = max(self._step, _BOLD) if self._is_far_below() else self._step
            self._change(now, min(self._most, self.rate * (1 + step)))

    def _is_rested(self, now: float) -> bool:
        """Count a good end; tell whether the rate has held for long enough: not for long, far below what once did."""
        held = now - self._changed
        if self._patience.over() and held >= self._patience.needed / _GOOD_ENDS_PER_SECOND:
            return True
        return self._is_far_below() and held >= _RECOVERY

    def _is_far_below(self) -> bool:
        return self.rate < _FAR * self._best

    def _is_used(self, now: float) -> bool:
        """Tell whether as much as this starts: more of what nobody uses would prove nothing."""
        window = max(_PROOF_TIME, _PROOF / self.rate)
        return self._started_within(window, now) >= _NEARLY * window * self.rate

    def _started_within(self, window: float, now: float) -> int:
        return sum(now - window < start for start in self._starts)

    def _prove(self, now: float, started: float) -> None:
        """Count a good end for the higher rate if it began at that."""
        if started <= self._changed:
            return
        self._to_prove -= 1
        if self._to_prove <= 0 and now - self._changed >= _PROOF_TIME:
            self._proven = None
            if self.rate > self._refused_at:  # the limit has moved; below that it was luck, and patience is still due
                self._step = min(_DOUBLE, self._step * 2)
                self._patience.rewarded()

    def _ramp(self, now: float, started: float) -> None:
        """Go on to a higher rate after a whole window at this one."""
        if self._held and started >= self._ramped and now - self._ramped >= _WINDOW:
            self._ramped = now
            self._change(now, min(self._most, self.rate * _RAMP))

    def forget(self, started: float) -> None:
        """Take the start of one that was refused out of those that may have been let in."""
        if started in self._starts:
            self._starts.remove(started)

    def refused(self, now: float, started: float) -> None:
        """Note that one was refused: slow down to what was let in, after a pause."""
        self.forget(started)
        if started - self._began < _WINDOW:
            self._refused_at_first(now, started)
            return
        if started > self._cut:
            self._floor = 0.0 if self._ramping or math.isinf(self.rate) else self.rate * _BACK
        self._ramping = False
        self._best = max(self._best, self._started_within(_SPAN, now) / _SPAN)
        fresh = started > self._cut
        rate = self._slower(started, fresh=fresh)
        self._refused_at = min(self.rate, rate / _BELOW)
        if fresh:
            self._cut = now
        self._patience.refused(fresh=fresh)
        if fresh and self._is_outage(started):
            self._patience.rewarded()
        self._proven = None
        self._change(now, max(rate, min(self.rate, _SLOWEST)))
        self._due = max(self._due, now + _PAUSE)

    def _refused_at_first(self, now: float, started: float) -> None:
        """Begin with a little more than was let in: the service may have counted what another run had asked."""
        self._ramping, self._cut = True, now
        self._change(now, min(self.rate, _RAMP * max(1, self._around(started)) / _WINDOW))
        self._due = self._ramped = max(self._due, now + _PAUSE + _JITTER)

    def _is_outage(self, started: float) -> bool:
        """Count one refused; tell whether nothing at all is let in."""
        between = any(self._refused_start < other < started for other in self._starts)
        self._in_a_row = 1 if between else self._in_a_row + 1
        self._refused_start = started
        return self._in_a_row >= _OUTAGE

    def _slower(self, started: float, *, fresh: bool) -> float:
        """Return the rate after a refusal."""
        if self._proven is not None and started >= self._changed:
            self._step = max(_SMALL, self._step / 2)
            self._best *= _BACK  # it may be long ago
            return self._proven
        around = self._around(started)
        if around:
            return min(self.rate * (_BELOW if fresh else 1), max(self._floor, around * _BELOW / _WINDOW))
        if not fresh:
            return self.rate
        self._step = _BOLD
        return _BACK * min(self.rate, 1 / _WINDOW)

    def _around(self, started: float) -> int:
        """Count the starts the service may have counted with that one, and let in."""
        return sum(started - _WINDOW - _JITTER < other < started + _JITTER for other in self._starts)

    def _change(self, now: float, rate: float) -> None:
        self.rate, self._changed = rate, now
