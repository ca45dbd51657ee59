"""One question being answered: the events as they come, and the answer they add up to."""

import time
from collections.abc import Callable, Generator
from contextlib import closing

from ..answer import Answer
from ..client import Client
from ..events import Delta, Event, Finished, Message, Reasoning, Reference, References, Retrying
from .claim import Claim


class Exchange:
    """Iterate over it once to get the events; `answer` and `moderated` are there after Finished, `text` any time.

    `commit` is called with the answer when the last frame is there, before Finished is given on: nothing that
    happens later can lose the turn, nothing that happened before has added half of one. An answer that moderation
    warns of is given, and not committed.
    """

    def __init__(
        self, client: Client, messages: tuple[Message, ...], claim: Claim, commit: Callable[[Answer], Answer]
    ) -> None:
        """Take what to ask, in whose turn, and what to do with the answer; nothing is sent yet."""
        self._client = client
        self._model = client.target.model.alias
        self._stream = client.stream(messages)
        self._claim = claim
        self._commit = commit
        self._texts: list[str] = []
        self._reasonings: list[str] = []
        self._began = time.monotonic()
        self._references: list[Reference] = []
        self.answer: Answer | None = None
        self.moderated = False

    @property
    def text(self) -> str:
        """The answer so far."""
        return "".join(self._texts)

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
        """The time since the question was asked."""
        return time.monotonic() - self._began

    def __iter__(self) -> Generator[Event, None, None]:
        """Yield the events; closing the iterator closes the connection. ConversationBusy while another is read."""
        events = self._events()
        self._claim.take(self, events)
        return events

    def stop(self) -> None:
        """End it, from another thread or a signal's handler: the events end with ConnectionLost."""
        self._client.close()

    def _events(self) -> Generator[Event, None, None]:
        self._began = time.monotonic()
        with closing(self._stream) as stream:
            for event in stream:
                self._take(event)
                yield event

    def _take(self, event: Event) -> None:
        if isinstance(event, Delta):
            self._texts.append(event.text)
        elif isinstance(event, Reasoning):
            self._reasonings.append(event.text)
        elif isinstance(event, References):
            self._references.extend(event.items)
        elif isinstance(event, Retrying):
            self._references.clear()
        elif isinstance(event, Finished):
            self.moderated, answer = event.moderated, self.so_far(event)
            self.answer = answer if event.moderated else self._claim.committed(self, answer, self._commit)

    def so_far(self, end: Finished | None = None) -> Answer:
        """Return the answer up to now; complete when `end` is the stream's last event."""
        return Answer(
            self.text,
            reasoning=self.reasoning,
            references=self.references,
            usage=end.usage if end else None,
            model=self._model,
            sid=end.sid if end else "",
            seconds=self.seconds,
        )
