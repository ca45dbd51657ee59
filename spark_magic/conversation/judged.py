"""A complete answer is looked at before anybody hears of its end; one that is not taken is asked for once more."""

from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from ..errors import SparkError
from ..events import Event, Finished, Notice, Rejected, StartedOver, Usage


@dataclass(frozen=True, slots=True)
class Taken:
    """An answer that is as it should be, and the object it stands for."""

    data: Any


@dataclass(frozen=True, slots=True)
class Refused:
    """An answer that is not: what the model is told, what the user is told, and how it fails if there is no other."""

    request: str
    notice: Notice
    failure: SparkError


Judge: TypeAlias = Callable[[str, Usage | None], Taken | Refused]  # of a whole text, and what it has cost


def judged(
    events: Iterable[Event], judge: Judge, text: Callable[[], str], again: Callable[[str, str], Iterable[Event]]
) -> Generator[Event, None, None]:
    """Yield the events, Finished with the `data` of an answer that is taken; `text` returns the whole answer.

    One that is not taken is told of by Rejected, the notice and StartedOver; then come the events of `again`, which
    asks with that answer and the words for the model. That is the last one, its failure is raised; and so is that of
    an answer that moderation warns of, which nobody is asked for again.
    """
    refused = yield from _looked_at(events, judge, text)
    if refused is None:
        return
    void = text()
    yield refused.notice
    yield StartedOver()
    refused = yield from _looked_at(again(void, refused.request), judge, text)
    if refused is not None:
        raise refused.failure


def _looked_at(
    events: Iterable[Event], judge: Judge, text: Callable[[], str]
) -> Generator[Event, None, Refused | None]:
    """Yield the events of one request; return what is wrong with its answer in place of its end."""
    for event in events:
        if not isinstance(event, Finished):
            yield event
            continue
        verdict = judge(text(), event.usage)
        if isinstance(verdict, Taken):
            yield replace(event, data=verdict.data)
            continue
        yield Rejected(event.usage)
        if event.moderated:
            raise verdict.failure
        return verdict
    return None
