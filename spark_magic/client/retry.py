"""Asking again: what is worth it, after which pause, and how often."""

import random
from collections.abc import Iterator
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from ..errors import RateLimited, SparkError
from ..events import Event
from .call import Call

if TYPE_CHECKING:
    from tenacity import RetryCallState, Retrying

_FIRST_PAUSE: Final = 0.5  # seconds, doubled each time
_LONGEST_PAUSE: Final = 20.0
_JITTER: Final = 0.5  # up to so many more, by chance: many clients fail at the same moment
_ENDLESS: Final = 100  # so often doubled a pause is longer than any
_RATE_PAUSE: Final = 1.0  # the least after a rate limit, which counts requests per second


def answered_events(call: Call) -> Iterator[Event]:
    """Yield the events of the first attempt that begins to be answered, asking again where that may help.

    Raises the last attempt's SparkError; also when the next pause would not end within the total timeout.
    """
    try:
        return (yield from call.attempt())
    except SparkError as problem:
        if not (call.may_repeat(problem) and call.retries > 0):
            raise
        failure = problem
    pauses: list[float] = []
    for attempt in _attempts(call, pauses):
        with attempt:
            if pauses:
                yield from call.pause(pauses.pop(), failure.summary)
                try:
                    return (yield from call.attempt())
                except SparkError as problem:
                    failure = problem
            raise failure  # in the first round that of the attempt made above


def pause_after(attempts: int) -> float:
    """Return the seconds before what has failed so often is asked again: doubled each time, and some by chance."""
    return doubled(attempts - 1) + random.uniform(0, _JITTER)  # noqa: S311  # no secret


def doubled(times: int, most: float = _LONGEST_PAUSE) -> float:
    """Return the first pause, in seconds, doubled so many times, but no longer than `most`."""
    return min(most, _FIRST_PAUSE * 2.0 ** min(times, _ENDLESS))


def _attempts(call: Call, pauses: list[float]) -> "Retrying":
    """Have tenacity count and space the attempts; the pauses come to the list: they are to be seen, and stopped."""
    from tenacity import (  # noqa: PLC0415  # seldom needed, and slow to load
        Retrying,
        retry_if_exception,
        stop_after_attempt,
        stop_before_delay,
    )

    return Retrying(
        retry=retry_if_exception(call.may_repeat),
        stop=stop_after_attempt(call.retries + 1) | stop_before_delay(call.seconds_left),
        wait=lambda state: max(pause_after(state.attempt_number), _least_pause(state)),
        sleep=pauses.append,
        reraise=True,
    )


def _least_pause(state: "RetryCallState") -> float:
    problem = state.outcome.exception() if state.outcome else None
    status = problem.values.get("status") if isinstance(problem, SparkError) else None
    limited = isinstance(problem, RateLimited) or status == HTTPStatus.TOO_MANY_REQUESTS
    return _RATE_PAUSE if limited else 0.0
