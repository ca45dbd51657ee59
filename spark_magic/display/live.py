"""The live view of a notebook: a status line with a Stop button, folded reasoning, and the text as it grows."""

import time
from html import escape
from typing import Any, Final

import ipywidgets as widgets  # type: ignore[import-untyped]  # it ships no types

from ..answer import Answer
from ..events import Delta, Event, Reasoning
from ..messages import say
from .blocks import BlockStream
from .facts import Facts, Outcome, metadata
from .pace import Pace
from .publish import publish
from .static import bundle, note_html
from .stop import StopButton

_TICK: Final = 1.0  # seconds between two updates of the status line
_WIDGET: Final = "application/vnd.jupyter.widget-view+json"
# Where anywidget is not installed beside JupyterLab, its place must not show an error: no Stop button, that is all.
_STYLE: Final = (
    "<style>.spark-magic-head .jupyter-widgets-error-widget{display:none}"
    ".spark-magic-block pre{margin:0 0 1em}.spark-magic-block>.widget-html-content>:last-child{margin-bottom:.5em}"
    "</style>"
)


class LiveView:
    """Widgets while the answer streams, replaced in place by the static bundle at the end."""

    def __init__(self, facts: Facts) -> None:
        """Show the status line at once."""
        self._facts = facts
        self._began = self._ticked = time.monotonic()
        self._phase = "label.connecting"
        self._layout = widgets.Layout(overflow="visible")
        self._status = widgets.HTML(self._status_html(), layout=self._layout)
        self._stop = StopButton(label=say("label.stop"), layout=self._layout)
        self._head = widgets.HBox([self._status, self._stop], layout=self._layout, _dom_classes=("spark-magic-head",))
        self._text = BlockStream(self._layout)
        self._reasoning: BlockStream | None = None
        self._fold: Any = None
        self._root = widgets.VBox([self._head, self._text.box], layout=self._layout)
        self._pace = Pace()
        self._handle = publish(self._view(), updatable=True)

    def _view(self) -> dict[str, Any]:
        """Return the root as a bundle: ipywidgets 7 loses the display id of a widget displayed as an object."""
        model = {"version_major": 2, "version_minor": 0, "model_id": self._root.model_id}
        return {"text/plain": "", _WIDGET: model}

    def take(self, event: Event) -> None:
        """Add the event's text; send an update when one is due."""
        if isinstance(event, Delta):
            self._phase = "label.answering"
            self._text.append(event.text)
        elif isinstance(event, Reasoning):
            self._phase = "label.thinking"
            self._reasoning_stream().append(event.text)
        elif self._phase == "label.connecting":
            self._phase = "label.thinking"
        self._update()

    def _update(self) -> None:
        if not self._pace.due():
            return
        for stream in (self._text, self._reasoning):
            if stream is not None and stream.dirty:
                self._pace.spent(*stream.flush())
                return
        if time.monotonic() - self._ticked >= _TICK:
            self._ticked = time.monotonic()
            self._status.value = self._status_html()

    def _reasoning_stream(self) -> BlockStream:
        """Make the folded section when there is something to fold."""
        if self._reasoning is None:
            self._reasoning = BlockStream(self._layout)
            self._fold = widgets.Accordion([self._reasoning.box], selected_index=None, layout=self._layout)
            self._fold.set_title(0, say("label.reasoning"))
            self._root.children = (self._head, self._fold, self._text.box)
        return self._reasoning

    def _status_html(self) -> str:
        seconds = int(time.monotonic() - self._began)
        parts = [self._facts.model, say(self._phase), *([f"{seconds} s"] if seconds else [])]
        notes = "".join(note_html(note) for note in self._facts.notes)
        text = escape(" · ".join(parts))
        return f'{_STYLE}{notes}<span style="color:var(--jp-ui-font-color2,#757575);font-size:85%">{text}</span>'

    def finish(self, answer: Answer, outcome: Outcome) -> None:
        """Put the static bundle in the widgets' place and close them."""
        self._handle.update(
            bundle(self._facts, answer, outcome), raw=True, metadata=metadata(self._facts, answer, outcome)
        )
        self._status.value = ""
        self._root.children = ()
        for stream in (self._text, self._reasoning):
            if stream is not None:
                stream.close()
        for widget in (self._fold, self._head, self._status.style, self._status, self._stop, self._root, self._layout):
            if widget is not None:
                widget.close()
