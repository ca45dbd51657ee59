"""In any kernel: one output of plain HTML and text, updated while the run goes on; its last form is one line.

No widget: whoever opens the saved file, with or without a kernel, finds that line.
"""

from html import escape
from typing import Any, Final

from ..messages import listed
from ..progress import Progress
from .progress import Ending, Interval
from .progress_words import Allowed, Closing, Part, closing, done_of, numbers, percent
from .publish import reserve
from .style import NO_FORMULAS, QUIET

_LOOK: Final = (
    "padding-left:var(--jp-code-padding,5px);"  # where printed text begins
    "line-height:1.6;font-variant-numeric:tabular-nums;overflow-wrap:anywhere"
)
_WARN: Final = "color:var(--jp-warn-color0,#b26a00)"
_LINE: Final = "max-width:48em;display:flex;align-items:center;gap:.8em;margin:.15em 0"
_TRACK: Final = (
    "flex:1;display:flex;height:.5em;border-radius:.25em;overflow:hidden;"
    "background:var(--jp-border-color2,rgba(128,128,128,.25))"
)
_FILLS: Final = {
    "journalled": "background:var(--jp-brand-color1,#1976d2);opacity:.45",
    "done": "background:var(--jp-brand-color1,#1976d2)",
    "failed": "background:var(--jp-warn-color1,#ef6c00)",
}
_BLANK: Final = "\xa0"  # one that keeps a number on the line of its word
_PERCENT: Final = "min-width:2.6em;text-align:right"
_NUMBERS: Final = f"{QUIET};display:flex;flex-wrap:wrap;column-gap:1.4em"
_DONE: Final = "color:var(--jp-ui-font-color1,inherit)"


class NotebookProgress:
    """A bar with its numbers; at the end a line of text."""

    def __init__(self, title: str) -> None:
        """Take a clean title; nothing is shown yet."""
        self._title = title
        self._allowed = Allowed()
        self._interval = Interval()
        self._handle: Any = reserve()  # known before the first message, which an interrupt may follow at once
        self._shown = self._over = False

    def show(self, progress: Progress) -> None:
        """Replace the bar, if that is due."""
        self._allowed = self._allowed.raised(progress)
        if self._over or not self._interval.over():
            return
        data = moving(self._title, progress, self._allowed)
        if self._shown:
            self._handle.update(data, raw=True)
        else:
            self._handle.display(data, raw=True)
            self._shown = True

    def finish(self, progress: Progress, how: Ending) -> None:
        """Replace the bar by the line, also where an interrupt left it open whether there is a bar."""
        self._over = True
        data = final(self._title, closing(progress, how, cell=True))
        if not self._shown:
            self._handle.display(data, raw=True)
            self._shown = True
        self._handle.update(data, raw=True)


def moving(title: str, progress: Progress, allowed: Allowed) -> dict[str, str]:
    """Return the bundle of a run that goes on."""
    done, facts = done_of(progress), (*numbers(progress), *allowed.slowed(progress))
    share = percent(progress)
    shown = "" if share is None else f"{share}%"
    text = " · ".join(filter(None, (title, done.text, shown, *(part.text for part in facts))))
    head = f"<div><b>{escape(title)}</b></div>" if title else ""
    first = f'<span style="{_DONE}">{escape(done.text)}</span>'
    words = "".join(map(_part, facts))
    html = f'{head}{_bar(progress, shown)}<div style="{_NUMBERS}">{first}{words}</div>'
    return {"text/plain": text, "text/html": _page(html)}


def final(title: str, end: Closing) -> dict[str, str]:
    """Return the bundle of a run that has ended: a line, with nothing in it that could seem to go on."""
    text = " · ".join(filter(None, (title, str(end))))
    head = f"<b>{escape(title)}</b> · " if title else ""
    sentence = escape(end.sentence) if end.well else f'<span style="{_WARN}">{escape(end.sentence)}</span>'
    details = listed(_part(part, _BLANK) for part in end.details)
    html = f"<div>{head}{end.join(sentence, details)}</div>"
    return {"text/plain": text, "text/html": _page(html)}


def _page(html: str) -> str:
    return f'<div class="{NO_FORMULAS}" style="{_LOOK}">{html}</div>'


def _part(part: Part, blank: str = " ") -> str:
    """Return a part as HTML, with such a blank behind its first word."""
    style = f' style="{_WARN}"' if part.bad else ""
    return f"<span{style}>{escape(part.text.replace(' ', blank, 1))}</span>"


def _bar(progress: Progress, shown: str) -> str:
    """Return a box filled from the left: rows from the journal, rows that were asked, rows that failed."""
    well = max(progress.done - progress.failed, 0)
    journalled = min(progress.journalled, well)
    sizes = {"journalled": journalled, "done": well - journalled, "failed": progress.failed}
    whole = max(progress.total, progress.done, 1)
    boxes = "".join(
        f'<div style="width:{100 * size / whole:.1f}%;{_FILLS[name]}"></div>'
        for name, size in sizes.items()
        if size > 0
    )
    return f'<div style="{_LINE}"><div style="{_TRACK}">{boxes}</div><div style="{_PERCENT}">{shown}</div></div>'
