"""In terminal IPython and plain Python: tqdm's bar on stderr while the run goes on, a line on stdout at its end."""

import contextlib
import sys
import threading
import time
from typing import Any

from ..messages import listed, say
from ..progress import Progress
from .progress import Ending, Interval
from .progress_words import Allowed, closing, in_a_terminal


class TerminalProgress:
    """A bar, where stderr is a terminal; what is piped gets the line alone."""

    def __init__(self, title: str, *, cell: bool) -> None:
        """Take a clean title, and whether it is a cell that one would run again."""
        self._title, self._cell = title, cell
        self._allowed = Allowed()
        self._interval = Interval()
        self._over = not _is_terminal(sys.stderr)  # of the bar
        self._bar: Any = None

    def show(self, progress: Progress) -> None:
        """Draw the bar, if that is due; a terminal that has gone away is no reason to end a run."""
        self._allowed = self._allowed.raised(progress)
        if self._over or not self._interval.over():
            return
        with contextlib.suppress(OSError, ValueError):
            if self._bar is None:
                self._bar = _open_bar(self._title, progress.total)
            if not self._bar.disable:  # by TQDM_DISABLE
                self._draw(progress)

    def _draw(self, progress: Progress) -> None:
        """Tell tqdm the numbers; those that took no time are where it began, so that its rate is the true one."""
        bar, parts = self._bar, (*in_a_terminal(progress), *self._allowed.slowed(progress))
        bar.total, bar.n = progress.total, progress.done
        bar.initial = min(progress.journalled + progress.skipped, progress.done)
        bar.start_t = min(time.time() - progress.seconds, bar.last_print_t)  # later, tqdm takes the bar for unseen
        bar.set_postfix_str(listed(part.text for part in parts), refresh=False)
        bar.refresh()

    def finish(self, progress: Progress, how: Ending) -> None:
        """Take the bar away and print the line."""
        self._over = True
        bar, self._bar = self._bar, None
        text = " · ".join(filter(None, (self._title, str(closing(progress, how, cell=self._cell)))))
        encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
        line = text.encode(encoding, "backslashreplace").decode(encoding)
        with contextlib.suppress(OSError, ValueError):
            if bar is not None:
                bar.close()
        with contextlib.suppress(OSError, ValueError):
            _write(line, bar)


def _is_terminal(stream: Any) -> bool:
    """Tell whether somebody sees what is written there; a stream may be missing, or closed."""
    with contextlib.suppress(AttributeError, ValueError, OSError):
        return bool(stream.isatty())
    return False


def _open_bar(title: str, total: int) -> Any:
    from tqdm import tqdm  # type: ignore[import-untyped]  # noqa: PLC0415  # it ships no types; loaded when it is needed

    class Bar(tqdm):  # type: ignore[misc]  # untyped, as above
        """A bar without tqdm's thread, and with a lock of its own: an interrupt may leave it locked."""

        monitor_interval = 0

    Bar.set_lock(threading.RLock())
    look = {"leave": False, "dynamic_ncols": True, "smoothing": 0, "file": sys.stderr}
    return Bar(desc=title or None, total=total, unit=say("label.progress.unit"), **look)


def _write(line: str, bar: Any) -> None:
    """Write a line; the user's own bars, around this one, are drawn again below it."""
    if bar is not None:
        bar.write(line, file=sys.stdout)
    elif sys.stdout is not None:
        sys.stdout.write(f"{line}\n")
    if sys.stdout is not None:
        sys.stdout.flush()
