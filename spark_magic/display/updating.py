"""For kernels without a widget frontend (nbclient, papermill, consoles): one output, updated now and then."""

import time
from dataclasses import replace
from typing import Any, Final

from ..answer import Answer
from ..events import Delta, Event, Notice, Reasoning, StartedOver
from .facts import Facts, Outcome, metadata
from .pace import Pace
from .publish import publish
from .static import bundle

_INTERVAL: Final = 0.5  # seconds: the whole text is sent each time


class UpdatingView:
    """A static output that is replaced by a longer one."""

    def __init__(self, facts: Facts) -> None:
        """Remember the facts; the output appears with the first words."""
        self._facts = facts
        self._texts: list[str] = []
        self._reasonings: list[str] = []
        self._handle: Any = None
        self._pace = Pace()
        self._began = time.monotonic()
        self._last = 0.0

    def take(self, event: Event) -> None:
        """Add the event's text and show it if an update is due."""
        if isinstance(event, Delta):
            self._texts.append(event.text)
        elif isinstance(event, Reasoning):
            self._reasonings.append(event.text)
        elif isinstance(event, Notice):
            self._facts = self._facts.noting(event)
        elif isinstance(event, StartedOver):
            self._texts.clear()
            self._reasonings.clear()
        if (self._texts or self._reasonings) and self._due():
            size = self._show(self._so_far(), Outcome.RUNNING)  # should the kernel die, nobody takes it for the whole
            self._pace.spent(1, size)
            self._last = time.monotonic()

    def _so_far(self) -> Answer:
        return Answer(
            "".join(self._texts),
            reasoning="".join(self._reasonings),
            model=self._facts.model,
            seconds=time.monotonic() - self._began,
            form=self._facts.format,
        )

    def _due(self) -> bool:
        return self._pace.due() and time.monotonic() - self._last >= _INTERVAL

    def finish(self, answer: Answer, outcome: Outcome, problem: tuple[str, ...] = ()) -> None:
        """Show the final form; nothing where nothing came, since the error says it all."""
        self._facts = replace(self._facts, problem=problem)
        shown = self._handle is not None  # maybe what is to be withdrawn
        if shown or outcome is Outcome.COMPLETE or answer or answer.reasoning or self._facts.notes:
            self._show(answer, outcome)

    def _show(self, answer: Answer, outcome: Outcome) -> int:
        data = bundle(self._facts, answer, outcome)
        about = metadata(self._facts, answer, outcome)
        if self._handle is None:
            self._handle = publish(data, about, updatable=True)
        else:
            self._handle.update(data, raw=True, metadata=about)
        return sum(map(len, data.values()))


class LaterView(UpdatingView):
    """One for an answer in the background: it is there at once, while its cell runs.

    Its final form is shown once more at the end of the cell that runs then, or of the next one: nbclient listens to
    running cells alone.
    """

    def __init__(self, facts: Facts, events: Any) -> None:
        """Take the shell's events, too."""
        super().__init__(facts)
        self._events = events
        self._final = (self._so_far(), Outcome.RUNNING)
        self._show(*self._final)

    def finish(self, answer: Answer, outcome: Outcome, problem: tuple[str, ...] = ()) -> None:
        """Show the final form, now and once more."""
        super().finish(answer, outcome, problem)
        self._final = (answer, outcome)
        self._events.register("post_run_cell", self._once_more)

    def _once_more(self, *_: object) -> None:
        self._events.unregister("post_run_cell", self._once_more)
        self._show(*self._final)
