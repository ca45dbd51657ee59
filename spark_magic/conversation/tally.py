"""What of a question has gone over the wire, for its bill: what the server has told, and what it has not."""

from collections.abc import Generator, Iterable

from ..errors import AnswerTooLarge, Moderated, ProtocolError, ServiceError, SparkError
from ..events import Delta, Event, Finished, Notice, Reasoning, Retrying, Usage
from .tokens import estimate

_ANSWERS = (ServiceError, ProtocolError, AnswerTooLarge)  # whoever gets one of these has been heard


class Tally:
    """Listens to the events of one request, or of several one after the other, and changes none of them.

    `billed` is what the server has counted, None while it has not. `unsettled`: it has a request, as far as anybody
    can tell, and has not told what that costs; one that is to be asked again does not count, nothing of it was
    answered, and neither does one that is `refused`: by an error code before the first words, moderation's aside.
    `failed` tells of an error, `stopped` is for whoever stops it to set.
    """

    def __init__(self) -> None:
        """Start with nothing."""
        self.billed: Usage | None = None
        self.unsettled = self.refused = self.failed = self.stopped = False
        self._words: list[str] = []

    @property
    def reached(self) -> bool:
        """Whether a server has got anything."""
        return self.unsettled or self.refused or self.billed is not None

    @property
    def estimated(self) -> float:
        """About how many tokens the words are that nobody has counted, before any correction."""
        return estimate("".join(self._words))

    def heard(self, events: Iterable[Event]) -> Generator[Event, None, None]:
        """Yield the events, listening."""
        try:
            for event in events:
                self._hear(event)
                yield event
        except SparkError as failure:
            self.failed = True
            self.refused = isinstance(failure, ServiceError) and not (isinstance(failure, Moderated) or self._words)
            self.unsettled = not self.refused and (self.unsettled or isinstance(failure, _ANSWERS))
            raise

    def _hear(self, event: Event) -> None:
        if isinstance(event, Delta | Reasoning):
            self._words.append(event.text)
        if isinstance(event, Finished) and event.usage is not None:
            self.billed = event.usage if self.billed is None else self.billed.plus(event.usage)
            self._words.clear()
            self.unsettled = False
        elif not isinstance(event, Notice):
            self.unsettled = not isinstance(event, Retrying)
