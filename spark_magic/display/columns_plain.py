"""Several answers where there are no widgets: one output updated now and then, or one answer below the other."""

import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from ..answer import Answer
from ..events import Delta, Event, Notice, Reasoning, Retrying, Waiting
from ..render import to_plain
from .columns import Column, columns_bundle, columns_metadata, heading_text, shared_notes, without
from .facts import Facts, Outcome
from .pace import Pace
from .publish import publish
from .terminal import TerminalView

_INTERVAL: Final = 0.5  # seconds: all texts are sent each time


class UpdatingColumns:
    """For kernels without a widget frontend: a static output that is replaced by a longer one."""

    def __init__(self, facts: Sequence[Facts]) -> None:
        """Remember the facts; the output appears with the first words."""
        self._columns = [Column(one, Answer(model=one.model), Outcome.RUNNING) for one in facts]
        self._pieces: list[tuple[list[str], list[str]]] = [([], []) for _ in facts]  # of the answer, of the reasoning
        self._handle: Any = None
        self._pace = Pace()
        self._began = time.monotonic()
        self._last = 0.0

    def take(self, number: int, event: Event) -> None:
        """Add the event's text and show all if an update is due."""
        texts, reasonings = self._pieces[number]
        if isinstance(event, Delta):
            texts.append(event.text)
        elif isinstance(event, Reasoning):
            reasonings.append(event.text)
        elif isinstance(event, Notice):
            column = self._columns[number]
            self._columns[number] = replace(column, facts=column.facts.noting(event))
        self.tick()

    def tick(self) -> None:
        """Show what there is, if an update is due."""
        if any(map(any, self._pieces)) and self._pace.due() and time.monotonic() - self._last >= _INTERVAL:
            self._pace.spent(1, self._show([self._so_far(number) for number in range(len(self._columns))]))
            self._last = time.monotonic()

    def _so_far(self, number: int) -> Column:
        column = self._columns[number]
        if column.outcome is not Outcome.RUNNING:
            return column
        text, reasoning = map("".join, self._pieces[number])
        seconds = time.monotonic() - self._began
        return replace(column, answer=Answer(text, reasoning=reasoning, model=column.facts.model, seconds=seconds))

    def end(self, number: int, answer: Answer, outcome: Outcome, problem: tuple[str, ...] = ()) -> None:
        """Note how one has ended; it is shown with the next update."""
        facts = replace(self._columns[number].facts, problem=problem)
        self._columns[number] = Column(facts, answer, outcome)

    def close(self) -> None:
        """Show the final form."""
        self._show(self._columns)

    def _show(self, columns: Sequence[Column]) -> int:
        data, about = columns_bundle(columns), columns_metadata(columns)
        if self._handle is None:
            self._handle = publish(data, about, updatable=True)
        else:
            self._handle.update(data, raw=True, metadata=about)
        return sum(map(len, data.values()))


class TerminalColumns:
    """For terminals: the answers in their order, each streaming if it is not complete when its turn comes."""

    def __init__(self, facts: Sequence[Facts]) -> None:
        """Print the notes that are for all, and the first heading."""
        shared = shared_notes(facts)
        self._facts = [without(one, shared) for one in facts]
        self._waiting: list[list[Event]] = [[] for _ in facts]
        self._ends: dict[int, tuple[Answer, Outcome, tuple[str, ...]]] = {}
        self._turn = 0
        _print(*shared)
        self._view = self._opened()

    def _opened(self) -> TerminalView:
        """Print the heading of the answer whose turn it is."""
        facts = self._facts[self._turn]
        _print(*([""] if self._turn else []), heading_text(facts.model))
        return TerminalView(facts)

    def take(self, number: int, event: Event) -> None:
        """Print the event's text, or keep it until it is its answer's turn."""
        if number == self._turn:
            self._view.take(event)
        elif not isinstance(event, Waiting | Retrying):  # of no interest any more by then
            self._waiting[number].append(event)

    def tick(self) -> None:
        """Do nothing: there is no line that could tick."""

    def end(self, number: int, answer: Answer, outcome: Outcome, problem: tuple[str, ...] = ()) -> None:
        """Note how one has ended; after the one whose turn it was come all that have ended meanwhile."""
        self._ends[number] = answer, outcome, problem
        while self._turn in self._ends:
            self._finish(*self._ends[self._turn])
            self._turn += 1
            if self._turn == len(self._facts):
                return
            self._view = self._opened()
            for event in self._waiting[self._turn]:
                self._view.take(event)

    def _finish(self, answer: Answer, outcome: Outcome, problem: tuple[str, ...]) -> None:
        """End the answer whose turn it is; no cell shows its error."""
        self._view.finish(answer, outcome)
        _print(*map(to_plain, problem))

    def close(self) -> None:
        """Do nothing: all is printed."""


def _print(*lines: str) -> None:
    """Print lines of their own; what the output's encoding cannot say becomes an escape, not an error."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    for line in lines:
        sys.stdout.write(f"{line}\n".encode(encoding, "backslashreplace").decode(encoding))
    sys.stdout.flush()
