"""One question being answered: the events as they come, and the answer they add up to."""

import time
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from typing import Any

from ..answer import Answer
from ..client import Client
from ..errors import Moderated
from ..events import (
    Delta,
    Event,
    Finished,
    Message,
    Reasoning,
    Reference,
    References,
    Rejected,
    Retrying,
    StartedOver,
    Usage,
)
from .claim import Claim
from .judged import Judge, judged
from .seam import Further, Seam
from .tally import Tally


def _over(*_: object) -> Any:
    """Stand in the client's place when the answer has ended: it is kept for long, and knows no keys and addresses."""


class Exchange:
    """Iterate over it once to get the events; `answer` and `moderated` are there after Finished, `text` any time.

    `commit` is called with the answer when the last frame is there, before Finished is given on: nothing that
    happens later can lose the turn, nothing that happened before has added half of one. An answer that moderation
    warns of is given, and not committed; `moderated` is true of one that it has withdrawn, too.
    Where it goes on with an answer (`further`), the events begin with that one, and all is about the whole; but for
    `usage`: what the server has counted for this request alone, and `tally`: what has gone over the wire for it.
    A `judge` looks at the complete answer before it is committed, and may have it asked for once more: `usage` then
    counts both requests, and what it refuses twice ends the events. `form` is how the answer is to be shown.
    """

    def __init__(  # noqa: PLR0913  # what an exchange is made of, the rest by name
        self,
        client: Client,
        messages: tuple[Message, ...],
        claim: Claim,
        commit: Callable[[Answer, bool], Answer],
        *,
        further: Further | None = None,
        form: str = "markdown",
        judge: Judge | None = None,
    ) -> None:
        """Take what to ask, in whose turn, and what to do with the answer; nothing is sent yet."""
        self._ask: Callable[[Sequence[Message]], Generator[Event, None, None]] = client.stream
        self._hang_up: Callable[[], object] = client.close
        self._model = client.target.model.alias
        self._most = client.target.most_tokens
        self._seam = Seam(further)
        before = self._seam.before
        self._messages, self._form, self._judge = messages, form, judge
        self._stream = self._ask(messages)
        self.tally = Tally()
        self._claim = claim
        self._commit = commit
        self._texts: list[str] = [str(before)]
        self._reasonings: list[str] = [before.reasoning]
        self._began = time.monotonic()
        self._ended: float | None = None
        self._references: list[Reference] = [*before.references]
        self.answer: Answer | None = None
        self.usage: Usage | None = None
        self._alone = True
        self.moderated = False

    @property
    def text(self) -> str:
        """The answer so far."""
        return "".join(self._texts) + self._seam.held

    @property
    def reasoning(self) -> str:
        """The reasoning so far."""
        return "".join(self._reasonings)

    @property
    def references(self) -> tuple[Reference, ...]:
        """The search results so far."""
        return tuple(self._references)

    @property
    def seconds(self) -> float:
        """The time from the question to the end, or to now."""
        end = time.monotonic() if self._ended is None else self._ended
        return self._seam.before.seconds + end - self._began

    def __iter__(self) -> Generator[Event, None, None]:
        """Yield the events; closing the iterator closes the connection. ConversationBusy while another is read."""
        events = self._events()
        self._claim.take(self, events)
        return events

    def stop(self) -> None:
        """End it, from another thread or a signal's handler: the events end with ConnectionLost."""
        self.tally.stopped = True
        self._hang_up()

    def _events(self) -> Generator[Event, None, None]:
        self._began = time.monotonic()
        try:
            yield from self._seam.opening()
            for event in self._judged_events():
                self._take(event)
                yield event
        except Moderated:
            self.moderated = True
            raise
        finally:
            self._ended = time.monotonic()
            self._ask = self._hang_up = _over

    def _judged_events(self) -> Generator[Event, None, None]:
        with closing(self._stream) as stream:
            events = self._seam.joined(self.tally.heard(stream))
            if self._judge is None:
                yield from events
            else:
                yield from judged(events, self._judge, lambda: self.text, self._events_again)

    def _events_again(self, text: str, request: str) -> Generator[Event, None, None]:
        """Ask once more: the same messages, the answer there was, and what is said to it."""
        stream = self._ask((*self._messages, Message("assistant", text), Message("user", request)))
        if self.tally.stopped:  # before there was this stream to stop
            self._hang_up()
        with closing(stream):
            yield from self.tally.heard(stream)

    def _take(self, event: Event) -> None:
        if isinstance(event, Delta):
            self._texts.append(event.text)
        elif isinstance(event, Reasoning):
            self._reasonings.append(event.text)
        elif isinstance(event, References):
            self._references.extend(event.items)
        elif isinstance(event, Retrying):
            self._references[:] = self._seam.before.references
        elif isinstance(event, Rejected):
            self._alone, self.usage = False, self._billed(event.usage)
        elif isinstance(event, StartedOver):
            for pieces in (self._texts, self._reasonings, self._references):
                pieces.clear()
        elif isinstance(event, Finished):
            self.moderated, self.usage = event.moderated, self._billed(event.usage)
            answer = self.so_far(event)
            self.answer = answer if event.moderated else self._claim.committed(self, answer, self._whole)

    def _billed(self, usage: Usage | None) -> Usage | None:
        """Return what has been counted so far, with another request's."""
        return usage if self.usage is None else self.usage.plus(usage)

    def _whole(self, answer: Answer) -> Answer:
        return self._commit(answer, self._alone)

    def so_far(self, end: Finished | None = None) -> Answer:
        """Return the answer up to now; complete when `end` is the stream's last event."""
        return Answer(
            self.text,
            reasoning=self.reasoning,
            references=self.references,
            usage=self._seam.whole(self.usage),
            model=self._model,
            sid=end.sid if end else "",
            form=self._form,
            data=end.data if end else None,
            cached=end.cached if end else False,
            seconds=self.seconds,
            cut=end is not None and end.usage is not None and end.usage.completion_tokens >= self._most,
        )
