"""A service with limits, those who ask it, and the time: all virtual, so a run of hours takes no time."""

import heapq
import itertools
from contextlib import ExitStack
from dataclasses import dataclass, field
from random import Random

from spark_magic.sandbox import limits, schema


@dataclass
class Service:
    """Takes `seconds` (or by chance up to `spread` times as long or short) for an answer, `way` for each direction.

    `at_once` and `per_second` are its limits; `changes` are (time, name, value).
    """

    at_once: int | None = None
    per_second: float | None = None
    seconds: float = 0.5
    way: float = 0.02
    chance: bool = False
    changes: tuple = ()
    gate: limits.Limits = field(default_factory=limits.Limits)
    random: Random = field(default_factory=lambda: Random(5))  # noqa: S311  # a die, no key

    def service_time(self):
        return self.seconds * (self.random.uniform(0.25, 1.75) if self.chance else 1)

    def way_time(self):
        return self.way * (self.random.uniform(0.5, 1.5) if self.chance else 1)

    def refusal(self, now):
        """Let one in, or return what it is refused by."""
        try:
            self.gate.let_in(now, most_at_once=self.at_once, most_per_second=self.per_second)
        except schema.Refused as refused:
            return {limits.TOO_FAST: "rate", limits.TOO_MANY: "concurrency"}[refused.code]
        return None

    def leave(self, now):
        """Hear that an answer has ended."""

    def rate_of_places(self, workers):
        """Rows a second, if there were no limit to them."""
        return min(workers, self.at_once or workers) / (self.seconds + 2 * self.way)

    def best(self, workers):
        """Rows a second, at most."""
        return min(self.rate_of_places(workers), self.per_second or float("inf"))


@dataclass
class Run:
    """What became of the rows."""

    ends: list = field(default_factory=list)  # when, in order of time
    starts: list = field(default_factory=list)
    refusals: list = field(default_factory=list)  # (when, which limit)
    rows: list = field(default_factory=list)
    idle: float = 0.0  # the longest wait asked for with nothing in flight

    def rate(self, after=20, until=None):
        """Rows a second, without the first ones."""
        ends = self.ends[after - 1 : until]
        return (len(ends) - 1) / (ends[-1] - ends[0])

    def rate_between(self, start, end):
        return sum(start < time <= end for time in self.ends) / (end - start)


class World:
    """One coordinator, as `batch` has one, and one service."""

    def __init__(self, service, throttle, rows, workers):
        self.service, self.throttle, self.workers = service, throttle, workers
        self.waiting = list(range(rows))[::-1]
        self.in_flight = 0
        self.run = Run()
        self._order = itertools.count()
        self._agenda = []
        self._woken = None
        for time, name, value in service.changes:
            self._at(time, lambda _, name=name, value=value: setattr(service, name, value))

    def play(self, until=1e7):
        """Go on until every row is answered."""
        self._fill(0.0)
        while (self.waiting or self.in_flight) and self._agenda:
            now, _, happens = heapq.heappop(self._agenda)
            assert now < until, "it does not end"
            happens(now)
            self._fill(now)
        return self.run

    def _at(self, time, happens):
        heapq.heappush(self._agenda, (time, next(self._order), happens))

    def _fill(self, now):
        while self.waiting and self.in_flight < self.workers:
            wait = self.throttle.wait(now, self.in_flight)
            if not self.in_flight:
                self.run.idle = max(self.run.idle, wait)
            if wait > 0:
                if wait < float("inf") and self._woken != now + wait:
                    self._woken = now + wait
                    self._at(self._woken, lambda _: None)
                return
            self._start(now)

    def _start(self, now):
        row = self.waiting.pop()
        self.in_flight += 1
        self.throttle.started(now)
        self.run.starts.append(now)
        self._at(now + self.service.way_time(), lambda time: self._arrives(time, row, now))

    def _arrives(self, now, row, started):
        by = self.service.refusal(now)
        if by:
            self._at(now + self.service.way_time(), lambda time: self._refused(time, row, started, by))
            return
        place = ExitStack()
        place.enter_context(self.service.gate.answering())
        self._at(now + self.service.service_time(), lambda time: self._leaves(time, place, row, started))

    def _leaves(self, now, place, row, started):
        place.close()
        self.service.leave(now)
        self._at(now + self.service.way_time(), lambda time: self._answered(time, row, started))

    def _refused(self, now, row, started, by):
        self.in_flight -= 1
        self.run.refusals.append((now, by))
        self.waiting.append(row)
        self.throttle.limited(now, started, by=by)

    def _answered(self, now, row, started):
        self.in_flight -= 1
        self.run.ends.append(now)
        self.run.rows.append(row)
        self.throttle.succeeded(now, started)
