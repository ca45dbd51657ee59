"""How far a long run is, while it runs and after: one view for each kind of frontend."""

import time
from typing import Any, Final, Literal, Protocol, TypeAlias

from ..progress import Progress
from ..render import to_plain

Ending: TypeAlias = Literal["complete", "stopped", "failed", "raised"]

_INTERVAL: Final = 0.2  # seconds between two updates: quick enough to look alive, and a kilobyte each
_LONGEST_TITLE: Final = 50  # characters


class ProgressView(Protocol):
    """What a run tells as it goes on; all calls come from one thread."""

    def show(self, progress: Progress) -> None:
        """Show how far it is, if an update is due: cheap to call with every row, and while nothing comes.

        After `finish` it does nothing.
        """

    def finish(self, progress: Progress, how: Ending) -> None:
        """Put one line that stays in the bar's place, whatever was interrupted before; harmless when called again."""


class Interval:
    """The time between two updates."""

    def __init__(self) -> None:
        """Let the first one be due at once."""
        self._end = float("-inf")

    def over(self) -> bool:
        """Tell whether an update may be sent now; if so, the next one has to wait."""
        now = time.monotonic()
        if now < self._end:
            return False
        self._end = now + _INTERVAL
        return True


def open_progress(shell: Any, title: str) -> ProgressView:
    """Return the view for the shell's frontend; the bar appears with the first `show`.

    In a kernel it is one output of plain HTML and text, which the saved file keeps; elsewhere a bar on stderr, if that
    is a terminal, and at the end a line on stdout. `title` may be any text, and "" for none.
    """
    if shell is None or getattr(shell, "kernel", None) is None:
        from .progress_plain import TerminalProgress  # noqa: PLC0415  # only the view that is needed is loaded

        return TerminalProgress(clean(title), cell=shell is not None)
    from .progress_html import NotebookProgress  # noqa: PLC0415  # as above

    return NotebookProgress(clean(title))


def clean(title: str) -> str:
    """Return a title on one line, without what a terminal obeys, and not too long."""
    line = " ".join(to_plain(title[: 9 * _LONGEST_TITLE]).split())
    return line if len(line) <= _LONGEST_TITLE else line[: _LONGEST_TITLE - 1].rstrip() + "…"
