"""One question on its way, and what is to be done with what came of it."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, Literal, TypeAlias

from ..client import doubled, pause_after
from ..conversation import Judge, Taken
from ..errors import (
    ConfigurationError,
    ConnectionFailed,
    ConnectionLost,
    CredentialsRefused,
    DeadlineExceeded,
    ExecutorFailed,
    QuotaExceeded,
    RateLimited,
    ServiceBusy,
    SparkError,
)
from ..events import Message, Usage
from ..journal import Entry
from .task import Outcome

_STOPPING: Final = (ConfigurationError, CredentialsRefused, QuotaExceeded)  # no row would fare better
_PASSING: Final = (ConnectionFailed, ConnectionLost, DeadlineExceeded, ServiceBusy)
_PER_SECOND: Final = 11202  # the other codes of a rate limit count what is open at once: protocol page, section 5
_PATIENCE: Final = 3  # refusals of one row for its being too fast, before others go first
_LONGEST_WAIT: Final = 5.0  # seconds for which they do
_DEATHS: Final = 3  # workers that one question may take along before it is thought to be the cause

Limit: TypeAlias = Literal["rate", "concurrency"]


@dataclass
class Job:
    """A question, for all rows that ask just this: `key` in the journal, what to send next, and what it has cost."""

    key: str
    messages: tuple[Message, ...]
    rows: list[int]
    tries: int = 0
    deaths: int = 0
    refusals: int = 0
    repaired: bool = False
    started: float = 0.0
    usage: Usage | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """It has come to an end: an answer, and the object it stands for, or a failure of its own."""

    entry: Entry
    data: Any = None


@dataclass(frozen=True, slots=True)
class Again:
    """It is to be asked again after `pause` seconds; `limit` where the service said that it was too fast."""

    pause: float = 0.0
    limit: Limit | None = None
    messages: tuple[Message, ...] | None = None


@dataclass(frozen=True, slots=True)
class Over:
    """The whole run is over: no row would fare better."""

    failure: SparkError


def may_pass(failure: SparkError) -> bool:
    """Tell whether another run may fare better: what failed is a connection or the service, not the row."""
    return failure.retryable or isinstance(failure, _PASSING)


def judged(job: Job, outcome: Outcome | None, *, model: str, judge: Judge | None, retries: int) -> Done | Again | Over:
    """Tell what is to be done; an outcome of None means that the worker died."""
    if outcome is None:
        return _after_death(job, model)
    if outcome.failure is not None:
        return _after_failure(job, outcome, outcome.failure, model, retries)
    job.usage = outcome.usage.plus(job.usage) if outcome.usage is not None else job.usage
    verdict = Taken(None) if judge is None else judge(outcome.text, outcome.usage)
    if isinstance(verdict, Taken):
        return Done(_entry(job, outcome, model), verdict.data)
    if job.repaired or outcome.moderated:
        return Done(_entry(job, outcome, model, verdict.failure))
    job.repaired = True
    said = (Message("assistant", outcome.text), Message("user", verdict.request))
    return Again(messages=(*job.messages, *said))


def _after_death(job: Job, model: str) -> Done | Again:
    job.deaths += 1
    if job.deaths < _DEATHS:
        return Again(doubled(0))
    return Done(Entry(model=model, failure=ExecutorFailed("executor.died", count=job.deaths)))


def _after_failure(job: Job, outcome: Outcome, failure: SparkError, model: str, retries: int) -> Done | Again | Over:
    if isinstance(failure, _STOPPING):
        return Over(failure)
    if failure.retryable and (limit := _limit_of(failure)) is not None:
        job.refusals += 1
        return Again(_behind_others(job.refusals), limit=limit)
    # A lost answer may be billed, so that a client leaves it to its user whether to ask again; here nobody has seen it.
    if (failure.retryable or isinstance(failure, ConnectionLost)) and job.tries < retries:
        job.tries += 1
        return Again(pause_after(job.tries))
    failure.attempts = job.tries + 1
    return Done(_entry(job, outcome, model, failure))


def _behind_others(refusals: int) -> float:
    """Return a pause for a row that is refused again and again: the others are not to wait for it."""
    return 0.0 if refusals < _PATIENCE else doubled(refusals - _PATIENCE, _LONGEST_WAIT)


def _limit_of(failure: SparkError) -> Limit | None:
    if isinstance(failure, RateLimited):
        return "rate" if failure.code == _PER_SECOND else "concurrency"
    return "rate" if failure.values.get("status") == HTTPStatus.TOO_MANY_REQUESTS else None


def _entry(job: Job, outcome: Outcome, model: str, failure: SparkError | None = None) -> Entry:
    return Entry(
        text=outcome.text if failure is None else "",
        reasoning=outcome.reasoning if failure is None else "",
        usage=job.usage,
        model=model,
        sid=outcome.sid,
        references=outcome.references if failure is None else (),
        seconds=outcome.seconds,
        cut=outcome.cut,
        moderated=outcome.moderated,
        failure=failure,
    )
