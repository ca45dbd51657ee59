"""What every view can do."""

from typing import Protocol

from ..answer import Answer
from ..events import Event
from .facts import Outcome


class View(Protocol):
    """One answer on the screen; `take` each event, then `finish` once, however it ended."""

    def take(self, event: Event) -> None:
        """Show an event, at once or with the next update."""
        ...

    def finish(self, answer: Answer, outcome: Outcome, problem: tuple[str, ...] = ()) -> None:
        """Put the final, static form in place; `answer` is what there is of it.

        `problem` has the lines of an error that no cell shows.
        """
        ...
