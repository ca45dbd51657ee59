"""The live view of a notebook: a status line with a Stop button, folded reasoning, and the text as it grows."""

import time
from html import escape
from typing import Any, Final

import ipywidgets as widgets  # type: ignore[import-untyped]  # it ships no types

from ..answer import Answer
from ..events import Delta, Event, Notice, Reasoning, References, Retrying, Waiting
from ..messages import say
from ..render import to_html
from .blocks import BlockStream
from .facts import Facts, Outcome, metadata, retrying
from .pace import Pace
from .publish import publish
from .static import bundle, notes_html, summary_html
from .stop import StopButton
from .style import HEAD, LIVE_STYLE, QUIET

_WIDGET: Final = "application/vnd.jupyter.widget-view+json"


class LiveView:
    """Widgets while the answer streams, replaced in place by the static bundle at the end."""

    def __init__(self, facts: Facts) -> None:
        """Show the status line at once."""
        self._facts = facts
        self._began = time.monotonic()
        self._phase = say("label.connecting")
        self._found: list[str] = []
        self._layout = widgets.Layout(overflow="visible", margin="0")
        self._notes = widgets.HTML(LIVE_STYLE + notes_html(facts.notes), layout=self._layout)
        self._status = self._html(self._status_html())
        self._stop = StopButton(label=say("label.stop"), layout=self._layout)
        self._head = widgets.HBox([self._status, self._stop], layout=self._layout, _dom_classes=("spark-magic-head",))
        self._text = BlockStream(self._layout, before=(self._notes, self._head), classes=("spark-magic",))
        self._root = self._text.box
        self._reasoning: BlockStream | None = None
        self._pace = Pace()
        self._handle = publish(self._view(), updatable=True)

    def _html(self, value: str, *classes: str) -> Any:
        """Make a widget like the first one, sharing its layout and style, so that it is one message."""
        return widgets.HTML(value, layout=self._layout, style=self._notes.style, _dom_classes=classes)

    def _view(self) -> dict[str, Any]:
        """Return the root as a bundle: ipywidgets 7 loses the display id of a widget displayed as an object."""
        model = {"version_major": 2, "version_minor": 0, "model_id": self._root.model_id}
        return {"text/plain": "", _WIDGET: model}

    def take(self, event: Event) -> None:
        """Add the event's text; send an update when one is due."""
        if isinstance(event, Delta):
            self._phase = say("label.answering")
            self._append(self._text, event.text)
        elif isinstance(event, Reasoning):
            self._phase = say("label.thinking")
            self._append(self._reasoning_stream(), event.text)
        elif isinstance(event, Notice):
            self._facts = self._facts.noting(event)
            self._notes.value = LIVE_STYLE + notes_html(self._facts.notes)
        elif isinstance(event, Retrying):
            self._phase = retrying(event)
        elif isinstance(event, References):
            self._found = [say("label.found", count=len(event.items))]
        elif isinstance(event, Waiting) and self._text.empty:
            self._phase = say("label.thinking")
            to_html("")  # loads Markdown now that there is time for it
        self._update()

    def _append(self, stream: BlockStream, text: str) -> None:
        """Add to a stream; its first words are shown at once."""
        if stream.empty:
            self._pace.hurry()
        stream.append(text)

    def _update(self) -> None:
        """Send what is new of the text and of the status line, if an update is due."""
        if not self._pace.due():
            return
        dirty = next((stream for stream in (self._text, self._reasoning) if stream is not None and stream.dirty), None)
        messages, size = dirty.flush() if dirty is not None else (0, 0)
        status = self._status_html()
        if status != self._status.value:
            self._status.value = status
            messages, size = messages + 1, size + len(status)
        if messages:
            self._pace.spent(messages, size)

    def _reasoning_stream(self) -> BlockStream:
        """Make the folded section when there is something to fold."""
        if self._reasoning is None:
            self._reasoning = BlockStream(self._layout, classes=("spark-magic-reasoning",))
            fold = self._html(f"<details>{summary_html()}</details>", "spark-magic-fold")
            notes, head, *blocks = self._root.children
            self._root.children = (notes, head, fold, self._reasoning.box, *blocks)
        return self._reasoning

    def _status_html(self) -> str:
        seconds = int(time.monotonic() - self._began)
        parts = [self._facts.model, self._phase, *self._found, *([say("label.elapsed", seconds=seconds)] if seconds else [])]
        return f'<div style="{QUIET};{HEAD}">{escape(" · ".join(parts))}</div>'

    def finish(self, answer: Answer, outcome: Outcome) -> None:
        """Put the static bundle in the widgets' place and close them."""
        self._handle.update(
            bundle(self._facts, answer, outcome), raw=True, metadata=metadata(self._facts, answer, outcome)
        )
        for stream in (self._text, self._reasoning):
            if stream is not None:
                stream.close()
        for widget in (self._notes.style, self._status, self._stop):
            widget.close()
        self._layout.close()
