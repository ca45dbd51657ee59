"""One row's request as data, asked in whatever thread or process an executor has, and what came of it as data."""

import os
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from ..client import Client
from ..credentials import Credentials, find_credentials
from ..errors import ConnectionLost, SparkError
from ..events import Delta, Event, Finished, Message, Reasoning, Reference, References, Usage
from ..models import SANDBOX_ALIAS
from ..target import Target

_PROCESS: Final = uuid.uuid4().hex  # its number alone may be another machine's, too
_NEVER_SENT: Final = ConnectionLost("connection.lost")  # what a task of a stopped run comes to


@dataclass(frozen=True, slots=True)
class Task:
    """What to ask: frozen data that can be pickled, without credentials. `run` is the run it belongs to."""

    target: Target
    messages: tuple[Message, ...]
    run: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one: the answer, or the `failure` in its place."""

    text: str = ""
    reasoning: str = ""
    usage: Usage | None = None
    sid: str = ""
    references: tuple[Reference, ...] = ()
    seconds: float = 0.0
    cut: bool = False
    moderated: bool = False
    failure: SparkError | None = None


class Desk:
    """The client of a run in the process that has begun it: one for all its threads, and its own credentials."""

    def __init__(self, target: Target, credentials: Credentials | None) -> None:
        """Take whom to ask, and with whose credentials."""
        self.client = Client(target, credentials)
        self.closed = False

    def asked(self, task: "Task") -> Outcome:
        """Ask one of the run's tasks."""
        events = self.client.stream(task.messages)  # before the look: what is closed behind that ends this stream
        return Outcome(failure=_NEVER_SENT) if self.closed else _heard(events, task)

    def close(self) -> None:
        """Stop what is being asked, from any thread or a signal's handler; nothing is asked here any more."""
        self.closed = True
        self.client.close()


DESKS: Final[dict[str, Desk]] = {}
"""By run, those of this process; others find the credentials in their own environment."""


def new_run() -> str:
    """Return a name for a run that begins in this process."""
    return f"{_here()}{uuid.uuid4().hex}"


def _here() -> str:
    """Return what this process's runs begin with; a forked one has its own."""
    return f"{_PROCESS}-{os.getpid()}-"


def perform(task: Task) -> Outcome:
    """Ask it and return what came of it; a SparkError is a value of it, too. Nothing is asked once its run is over."""
    if task.run.startswith(_here()):
        desk = DESKS.get(task.run)
        return Outcome(failure=_NEVER_SENT) if desk is None else desk.asked(task)
    try:
        client = _client_of(task.target)
    except SparkError as failure:
        return Outcome(failure=failure)
    return _heard(client.stream(task.messages), task)


@lru_cache(maxsize=4)
def _client_of(target: Target) -> Client:
    """Return this worker's client; the credentials are read once, in its own environment."""
    return Client(target, _sandbox_credentials() if target.model.alias == SANDBOX_ALIAS else find_credentials())


def _sandbox_credentials() -> Credentials:
    """Return the sandbox's: they say themselves that they are none."""
    from ..sandbox import Sandbox  # noqa: PLC0415  # seldom

    return Sandbox().credentials


def _heard(events: Iterator[Event], task: Task) -> Outcome:
    began = time.monotonic()
    heard = _Heard()
    try:
        for event in events:
            heard.take(event)
    except SparkError as failure:
        return Outcome(failure=failure, seconds=time.monotonic() - began)
    return heard.outcome(time.monotonic() - began, task.target.most_tokens)


class _Heard:
    """The events so far."""

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._reasonings: list[str] = []
        self._references: list[Reference] = []
        self._end = Finished("", None)

    def take(self, event: Event) -> None:
        """Add one."""
        if isinstance(event, Delta):
            self._texts.append(event.text)
        elif isinstance(event, Reasoning):
            self._reasonings.append(event.text)
        elif isinstance(event, References):
            self._references.extend(event.items)
        elif isinstance(event, Finished):
            self._end = event

    def outcome(self, seconds: float, most: int) -> Outcome:
        """Return what they add up to; `most` tokens of an answer mean that it was cut."""
        end = self._end
        return Outcome(
            text="".join(self._texts),
            reasoning="".join(self._reasonings),
            usage=end.usage,
            sid=end.sid,
            references=tuple(self._references),
            seconds=seconds,
            cut=end.usage is not None and end.usage.completion_tokens >= most,
            moderated=end.moderated,
        )
