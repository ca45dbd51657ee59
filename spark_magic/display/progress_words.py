"""What is said of a long run: its numbers while it goes on, and the line that stays."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from ..messages import listed, say
from ..progress import Progress
from .progress import Ending

_SURE: Final = 1.0  # seconds from which on the time left is no mere guess
_MINUTE, _HOUR = 60, 3600  # seconds
_CALM: Final = 600  # seconds of time left above which they are not counted one by one
_NEVER: Final = 100 * 24 * _HOUR  # seconds: no time left that is worth saying
_EXACT: Final = 9.95  # seconds below which a tenth of one counts
_BAD: Final = ("failed", "cut", "flagged")  # what somebody has to look at
_MANY: Final = 100  # a number from which on its fractions do not count


@dataclass(frozen=True, slots=True)
class Part:
    """A few words on one number; a bad one is to be seen."""

    text: str
    bad: bool = False


@dataclass(frozen=True, slots=True)
class Allowed:
    """The most that the throttle has allowed so far: requests at once and a second."""

    concurrency: int = 0
    qps: float = 0.0

    def raised(self, progress: Progress) -> "Allowed":
        """Return the most, with what is allowed now."""
        qps = math.inf if progress.qps is None else progress.qps
        return Allowed(max(self.concurrency, progress.concurrency), max(self.qps, qps))

    def slowed(self, progress: Progress) -> tuple[Part, ...]:
        """Say what holds since the service said that it was too fast; nothing while that is the most."""
        fewer = progress.limited > 0 and 0 < progress.concurrency < self.concurrency
        slower = progress.limited > 0 and progress.qps is not None and progress.qps < self.qps
        if not fewer and not slower:
            return ()
        key = "both" if fewer and slower else "at_once" if fewer else "a_second"
        rate = _short(progress.qps or 0.0)
        return (Part(say(f"label.progress.{key}", count=f"{progress.concurrency:,}", rate=rate)),)


@dataclass(frozen=True, slots=True)
class Closing:
    """How a run ended: a sentence and its numbers."""

    sentence: str
    details: tuple[Part, ...]
    well: bool

    def join(self, sentence: str, details: str) -> str:
        """Put both together, as they are or as HTML."""
        if not details:
            return sentence
        if self.well:
            return say("shown.progress.details", sentence=sentence, details=details)
        return say("label.quoted", sentence=sentence, words=details)

    def __str__(self) -> str:
        """Be the line."""
        return self.join(self.sentence, listed(part.text for part in self.details))


def percent(progress: Progress) -> int | None:
    """Return how much is done, rounded down: 100 means all. None where there is nothing to do."""
    return min(max(100 * progress.done // progress.total, 0), 100) if progress.total > 0 else None


def done_of(progress: Progress) -> Part:
    """Return how many rows are done, of how many."""
    return Part(say("label.progress.done", done=f"{progress.done:,}", rows=rows(progress.total)))


def numbers(progress: Progress) -> tuple[Part, ...]:
    """Return what there is to say besides how many are done, in an order that does not change."""
    return (*counts(progress), *_tokens(progress), *_rate(progress), *_left(progress))


def counts(progress: Progress) -> tuple[Part, ...]:
    """Return what has become of the rows that were not simply answered; of nothing, nothing."""
    found = {name: getattr(progress, name) for name in (*_BAD, "journalled", "skipped", "repeated")}
    return tuple(
        Part(say(f"label.progress.{name}", count=f"{count:,}"), bad=name in _BAD)
        for name, count in found.items()
        if count > 0
    )


def in_a_terminal(progress: Progress) -> Sequence[Part]:
    """Return what a bar in a terminal, which has rates and times of its own, does not say."""
    return (*counts(progress), *_tokens(progress))


def closing(progress: Progress, how: Ending, *, cell: bool) -> Closing:
    """Return how it ended; what was stopped is asked to go on by running the `cell` again, or the call."""
    answered = progress.done - progress.failed - progress.skipped
    first = (Part(say("label.progress.answered", count=f"{answered:,}")),) if answered > 0 else ()
    details = (*first, *counts(progress), *_tokens(progress), *_rate(progress))
    took, whose = _took(progress.seconds), "cell" if cell else "call"
    if how == "complete":
        whole = rows(progress.total) if progress.done == progress.total else done_of(progress).text
        return Closing(
            say("shown.progress.complete", rows=whole, time=took), (*details, *_further(progress, whose)), well=True
        )
    again = say(f"label.progress.{'skip' if how == 'raised' else 'run'}_{whose}")
    return Closing(say(f"shown.progress.{how}", kept=_kept(progress, again)), (Part(took), *details), well=False)


def _further(progress: Progress, whose: str) -> Iterator[Part]:
    """Say how to have rows that failed asked again: by the next run, or by one that is told to."""
    again = {"passing": f"label.progress.run_{whose}", "lasting": f"label.progress.retry_{whose}"}
    for name, key in again.items():
        if count := getattr(progress, name):
            yield Part(say("label.progress.again", again=say(key), count=f"{count:,}"))


def _kept(progress: Progress, again: str) -> str:
    """Say how many are done, and how to get the others."""
    done = progress.done - progress.passing
    form = ".none" if done <= 0 else ".all" if done >= progress.total else ".one" if done == 1 else ""
    return say(f"shown.progress.kept{form}", done=f"{done:,}", rows=rows(progress.total), again=again)


def rows(count: int) -> str:
    """Return a number of rows."""
    return say(_form("label.progress.rows", count), count=f"{count:,}")


def _form(key: str, count: int) -> str:
    return f"{key}.one" if count == 1 else key


def _tokens(progress: Progress) -> tuple[Part, ...]:
    count = progress.tokens
    return (Part(say(_form("label.progress.tokens", count), count=f"{count:,}")),) if count > 0 else ()


def _rate(progress: Progress) -> tuple[Part, ...]:
    """Return how fast it goes: slow runs by the minute, and nothing where that is nothing, too."""
    rate = progress.rate
    if not 1 / _HOUR <= rate < math.inf:
        return ()
    if rate < 1:
        return (Part(say("label.progress.slow_rate", rate=_short(rate * _MINUTE))),)
    return (Part(say("label.progress.rate", rate=_short(rate, decimals=1))),)


def _short(number: float, *, decimals: int = 0) -> str:
    """Return a number that is easily read: whole from 100 on, else with so many decimals, or as many as it needs."""
    if number >= _MANY:
        return f"{number:,.0f}"
    return f"{number:.{decimals}f}" if decimals else f"{number:.2g}"


def _left(progress: Progress) -> tuple[Part, ...]:
    """Return the time left, where it is known and not nothing."""
    left = progress.left
    if not left or not left < _NEVER or progress.seconds < _SURE:
        return ()
    step = 1 if left < _CALM else _MINUTE
    return (Part(say("label.progress.left", time=span(math.ceil(left / step) * step))),)


def _took(seconds: float) -> str:
    return say("label.seconds", seconds=max(seconds, 0.0)) if seconds < _EXACT else span(round(seconds))


def span(seconds: int) -> str:
    """Return whole seconds in the one or two units that matter."""
    if seconds < _MINUTE:
        return say("label.elapsed", seconds=seconds)
    large, small, size = ("hours", "minutes", _HOUR) if seconds >= _HOUR else ("minutes", "seconds", _MINUTE)
    whole, rest = divmod(seconds, size)
    rest = rest * _MINUTE // size
    parts = {large: f"{whole:,}", small: rest} if rest else {large: f"{whole:,}"}
    return say("label.time." + "_".join(parts), **parts)
