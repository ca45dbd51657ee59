"""Several answers streaming beside each other in a notebook: widgets with one Stop button, and one pace for all."""

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import ipywidgets as widgets  # type: ignore[import-untyped]  # it ships no types

from ..answer import Answer
from ..events import Event
from ..messages import say
from .columns import Column, column_html, columns_bundle, columns_metadata, shared_notes, title_html, without
from .facts import Facts, Outcome
from .live import LiveAnswer, live_layout, widget_bundle
from .pace import Pace
from .publish import publish
from .static import notes_html
from .stop import StopButton
from .style import LIVE_COLUMNS_STYLE

_CLASS: Final = "spark-magic-column"
_FINAL_CLASSES: Final = ("jp-RenderedHTMLCommon", "jp-RenderedHTML", "spark-magic-block", _CLASS)


class LiveColumns:
    """A grid of live answers; one that has ended takes its final form, and at the end one static bundle all places."""

    def __init__(self, facts: Sequence[Facts]) -> None:
        """Show all status lines at once."""
        self._began = time.monotonic()
        self._shared = shared_notes(facts)
        self._layout = live_layout()
        self._notes = widgets.HTML(LIVE_COLUMNS_STYLE + notes_html(self._shared), layout=self._layout)
        self._title = widgets.HTML(self._title_html(len(facts)), layout=self._layout, style=self._notes.style)
        self._stop = StopButton(label=say("label.stop"), layout=self._layout)
        self._head = widgets.HBox([self._title, self._stop], layout=self._layout, _dom_classes=("spark-magic-head",))
        self._live = [LiveAnswer(without(one, self._shared), self._layout, _CLASS) for one in facts]
        self._ended: dict[int, Column] = {}
        self._final: dict[int, Any] = {}
        self._grid = widgets.Box(
            [one.root for one in self._live], layout=self._layout, _dom_classes=("spark-magic-columns",)
        )
        self._root = widgets.VBox(
            [self._notes, self._head, self._grid], layout=self._layout, _dom_classes=("spark-magic",)
        )
        self._next = 0
        self._pace = Pace()
        self._handle = publish(widget_bundle(self._root), updatable=True)

    def take(self, number: int, event: Event) -> None:
        """Add the event's text to its column; its first words are shown at once, the rest when it is due."""
        if self._live[number].add(event):
            self._pace.hurry()
            self._next = number
        self.tick()

    def tick(self) -> None:
        """Send what is new of one column, if an update is due; all have their turn."""
        if not self._pace.due():
            return
        title = self._title_html(len(self._live))
        messages, size = 0, 0
        if title != self._title.value:
            self._title.value = title
            messages, size = 1, len(title)
        for _ in self._live:
            number, self._next = self._next, (self._next + 1) % len(self._live)
            sent, length = self._update(number)
            messages, size = messages + sent, size + length
            if sent:
                break
        if messages:
            self._pace.spent(messages, size)

    def _update(self, number: int) -> tuple[int, int]:
        """Send what is new of a column; return how many messages, and of what size."""
        if number in self._final:
            return 0, 0
        if number in self._ended:
            return self._put_final(number)
        return self._live[number].update()

    def _put_final(self, number: int) -> tuple[int, int]:
        """Put a column's final form in its live one's place."""
        html, live = column_html(self._ended[number]), self._live[number]
        self._final[number] = widgets.HTMLMath(html, layout=self._layout, _dom_classes=_FINAL_CLASSES)
        self._grid.children = tuple(self._final.get(n, one.root) for n, one in enumerate(self._live))
        closed = len(live.root.children)
        live.close()
        return closed + 5, len(html)  # so many are closed, and opened, about

    def _title_html(self, count: int) -> str:
        seconds = int(time.monotonic() - self._began)
        return title_html(count, say("label.elapsed", seconds=seconds))

    def end(self, number: int, answer: Answer, outcome: Outcome, problem: tuple[str, ...] = ()) -> None:
        """Note how one has ended; its final form comes with an update, what is withdrawn goes at once."""
        self._ended[number] = Column(replace(self._live[number].facts, problem=problem), answer, outcome)
        if outcome is Outcome.WITHDRAWN:
            self._pace.hurry()
            self._next = number
        self.tick()

    def close(self) -> None:
        """Put the static bundle in the widgets' place and close them."""
        columns = [self._with_shared(self._ended[number]) for number in range(len(self._live))]
        self._handle.update(columns_bundle(columns), raw=True, metadata=columns_metadata(columns))
        for number, one in enumerate(self._live):
            if number not in self._final:
                one.close()
        final = [widget for block in self._final.values() for widget in (block.style, block)]
        own = (self._root, self._grid, self._head, self._stop, self._title, self._notes.style, self._notes)
        for widget in (*final, *own, self._layout):
            widget.close()

    def _with_shared(self, column: Column) -> Column:
        """Give it back the notes that stand above all."""
        return replace(column, facts=replace(column.facts, notes=(*self._shared, *column.facts.notes)))
