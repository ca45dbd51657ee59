"""The live view of a notebook: a status line with a Stop button, folded reasoning, and the text as it grows."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final

import ipywidgets as widgets  # type: ignore[import-untyped]  # it ships no types

from ..answer import Answer
from ..events import Delta, Event, Notice, Reasoning, References, Retrying, StartedOver, Waiting
from ..messages import say
from ..render import to_html
from .blocks import BlockStream
from .facts import Facts, Outcome, metadata, retrying
from .pace import Pace
from .publish import publish
from .static import bundle, line_html, notes_html, summary_html
from .stop import BackgroundStopButton, StopButton
from .style import HEAD, LIVE_STYLE, QUIET

_WIDGET: Final = "application/vnd.jupyter.widget-view+json"


def live_layout() -> Any:
    """Make the layout that all widgets of a view share, so that each of them is one message."""
    return widgets.Layout(overflow="visible", margin="0")


def widget_bundle(root: Any) -> dict[str, Any]:
    """Return a widget as a bundle: ipywidgets 7 loses the display id of a widget displayed as an object."""
    model = {"version_major": 2, "version_minor": 0, "model_id": root.model_id}
    return {"text/plain": "", _WIDGET: model}


class LiveAnswer:
    """One answer's widgets in `root`: notes, a status line, folded reasoning, and the text as it grows."""

    def __init__(self, facts: Facts, layout: Any, kind: str, beside: Sequence[Any] = (), style: str = "") -> None:
        """Take the layout that all share, the root's class, what stands beside the status line, and a style sheet.

        With nothing beside it the status line is a heading.
        """
        self._facts = facts
        self._heading = not beside
        self._began = time.monotonic()
        self._phase = say("label.connecting")
        self._found: list[str] = []
        self._layout, self._style = layout, style
        self._notes = widgets.HTML(style + notes_html(facts.notes), layout=layout)
        self._status = self._html(self._status_html())
        self._head = widgets.HBox([self._status, *beside], layout=layout, _dom_classes=("spark-magic-head",))
        self._text = BlockStream(layout, before=(self._notes, self._head), classes=(kind,), format=facts.format)
        self.root = self._text.box
        self._reasoning: BlockStream | None = None

    def _html(self, value: str, *classes: str) -> Any:
        """Make a widget like the first one, sharing its layout and style, so that it is one message."""
        return widgets.HTML(value, layout=self._layout, style=self._notes.style, _dom_classes=classes)

    def add(self, event: Event) -> bool:
        """Add what the event says, to be sent with the next update; tell whether these are the first words."""
        first = False
        if isinstance(event, Delta):
            self._phase = say("label.answering")
            first = self._text.empty
            self._text.append(event.text)
        elif isinstance(event, Reasoning):
            self._phase = say("label.thinking")
            stream = self._reasoning_stream()
            first = stream.empty
            stream.append(event.text)
        elif isinstance(event, Notice):
            self._facts = self._facts.noting(event)
            self._notes.value = self._style + notes_html(self._facts.notes)
        elif isinstance(event, Retrying):
            self._phase = retrying(event)
        elif isinstance(event, StartedOver):
            self._start_over()
        elif isinstance(event, References):
            self._found = [say("label.found", count=len(event.items))]
        elif isinstance(event, Waiting) and self._text.empty:
            self._phase = say("label.thinking")
            to_html("")  # loads Markdown now that there is time for it
        return first

    def _start_over(self) -> None:
        self._phase = say("label.connecting")
        for stream in (self._text, self._reasoning):
            if stream is not None:
                stream.clear()

    def update(self) -> tuple[int, int]:
        """Send what is new of the text and of the status line; return how many messages, and of what size."""
        dirty = next((stream for stream in (self._text, self._reasoning) if stream is not None and stream.dirty), None)
        messages, size = dirty.flush() if dirty is not None else (0, 0)
        status = self._status_html()
        if status != self._status.value:
            self._status.value = status
            messages, size = messages + 1, size + len(status)
        return messages, size

    def _reasoning_stream(self) -> BlockStream:
        """Make the folded section when there is something to fold."""
        if self._reasoning is None:
            self._reasoning = BlockStream(self._layout, classes=("spark-magic-reasoning",))
            fold = self._html(f"<details>{summary_html()}</details>", "spark-magic-fold")
            notes, head, *blocks = self.root.children
            self.root.children = (notes, head, fold, self._reasoning.box, *blocks)
        return self._reasoning

    def _status_html(self) -> str:
        seconds = int(time.monotonic() - self._began)
        elapsed = [say("label.elapsed", seconds=seconds)] if seconds else []
        parts = [self._facts.model, self._phase, *self._found, *elapsed]
        return f'<div style="{QUIET};{HEAD}">{line_html(" · ".join(parts), self._facts, heading=self._heading)}</div>'

    @property
    def facts(self) -> Facts:
        """What is known of the answer by now."""
        return self._facts

    def close(self) -> None:
        """Close the widgets; the layout and what stands beside the status line are their maker's."""
        for stream in (self._text, self._reasoning):
            if stream is not None:
                stream.close()
        for widget in (self._notes.style, self._status):
            widget.close()


class LiveView(LiveAnswer):
    """Widgets while the answer streams, replaced in place by the static bundle at the end."""

    def __init__(self, facts: Facts, stop: Callable[[], None] | None = None) -> None:
        """Show the status line at once; in the background its button calls `stop`."""
        layout = live_layout()
        look = {"label": say("label.stop"), "layout": layout}
        self._stop = StopButton(**look) if stop is None else BackgroundStopButton(stop, **look)
        super().__init__(facts, layout, "spark-magic", beside=[self._stop], style=LIVE_STYLE)
        self._pace = Pace()
        self._handle = publish(widget_bundle(self.root), updatable=True)

    def take(self, event: Event) -> None:
        """Add the event's text; send an update when one is due, the first words at once."""
        if self.add(event):
            self._pace.hurry()
        if self._pace.due():
            messages, size = self.update()
            if messages:
                self._pace.spent(messages, size)

    def finish(self, answer: Answer, outcome: Outcome, problem: tuple[str, ...] = ()) -> None:
        """Put the static bundle in the widgets' place and close them."""
        facts = replace(self._facts, problem=problem)
        self._handle.update(bundle(facts, answer, outcome), raw=True, metadata=metadata(facts, answer, outcome))
        self.close()
        self._stop.close()
        self._layout.close()
