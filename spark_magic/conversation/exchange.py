"""One question being answered: the events as they come, and the answer they add up to."""

import time
from collections.abc import Callable, Iterator

from ..answer import Answer
from ..client import Client
from ..events import Delta, Event, Finished, Message, Reasoning, Reference, References


class Exchange:
    """Iterate over it once to get the events; `answer` is there after Finished, `text` and `reasoning` any time.

    `commit` is called with the answer when the last frame is there, before Finished is given on: nothing that
    happens later can lose the turn, nothing that happened before has added half of one.
    """

    def __init__(self, client: Client, messages: tuple[Message, ...], commit: Callable[[Answer], Answer]) -> None:
        """Take what to ask and what to do with the answer; nothing is sent yet."""
        self._client = client
        self._messages = messages
        self._commit = commit
        self._texts: list[str] = []
        self._reasonings: list[str] = []
        self._began = time.monotonic()
        self.references: tuple[Reference, ...] = ()
        self.answer: Answer | None = None

    @property
    def text(self) -> str:
        """The answer so far."""
        return "".join(self._texts)

    @property
    def reasoning(self) -> str:
        """The reasoning so far."""
        return "".join(self._reasonings)

    @property
    def seconds(self) -> float:
        """The time since the question was asked."""
        return time.monotonic() - self._began

    def __iter__(self) -> Iterator[Event]:
        """Yield the events; closing the iterator closes the connection."""
        self._began = time.monotonic()
        for event in self._client.stream(self._messages):
            self._take(event)
            yield event

    def _take(self, event: Event) -> None:
        if isinstance(event, Delta):
            self._texts.append(event.text)
        elif isinstance(event, Reasoning):
            self._reasonings.append(event.text)
        elif isinstance(event, References):
            self.references += event.items
        elif isinstance(event, Finished):
            self.answer = self._commit(self.so_far(event))

    def so_far(self, end: Finished | None = None) -> Answer:
        """Return the answer up to now; complete when `end` is the stream's last event."""
        return Answer(
            self.text,
            reasoning=self.reasoning,
            usage=end.usage if end else None,
            model=self._client.target.model.alias,
            sid=end.sid if end else "",
            seconds=self.seconds,
        )
