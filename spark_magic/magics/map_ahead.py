"""What `%%spark_map` says before it asks a row: what the first one asks, what all would take, and whether to begin."""

import argparse
import math
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

from IPython.core.error import StdinNotImplementedError, UsageError

from ..batch import Forecast
from ..display.progress_words import span
from ..display.table import show_table
from ..errors import RunInterrupted, SparkError
from ..events import Message
from ..messages import say
from .interrupt import interruptible
from .screen import Screen
from .state import State

if TYPE_CHECKING:
    from .map_rows import Work

_GUESS: Final = 2.0  # seconds for an answer, before there was one


@contextmanager
def nothing_sent() -> Iterator[None]:
    """Have an interrupt of the block say what is so: nothing was asked yet."""
    try:
        with interruptible():
            yield
    except KeyboardInterrupt:
        pass
    else:
        return
    raise RunInterrupted(ahead=True)


def is_wanted(state: State, work: "Work", ahead: Forecast, options: argparse.Namespace) -> bool:
    """Say what is going to be asked; ask the user where it is much."""
    if options.dry_run:
        _show_first(work)
    for line in _said_before(work, ahead):
        _print(line)
    if options.dry_run:
        return False
    most = state.magics.confirm_rows
    if options.yes or not most or ahead.requests <= most or _is_confirmed(ahead, most):
        return True
    _print(say("shown.run.declined"))
    return False


def _said_before(work: "Work", ahead: Forecast) -> Iterator[str]:
    """Yield what is going to be asked, and what cannot be."""
    if ahead.rows:
        at_once, a_second = work.throttle.concurrency, work.throttle.qps or math.inf
        time = span(round(max(math.ceil(ahead.requests / at_once) * _GUESS, ahead.requests / a_second)))
        counts = {"rows": ahead.rows, "total": work.total, "tokens": ahead.tokens, "workers": at_once}
        yield say("shown.run.forecast", time=time, **counts)
        if ahead.requests < ahead.rows:
            yield say("shown.run.shared", count=ahead.requests)
    elif not ahead.unfit:
        yield say("shown.run.nothing")
    if ahead.unfit:
        yield say("shown.run.unfit", count=ahead.unfit, name=work.columns.error_name)
    if isinstance(work.order.screen, Screen) and work.order.screen.withheld:
        yield say("note.credentials_withheld")


def _is_confirmed(ahead: Forecast, most: int) -> bool:
    try:
        return input(say("shown.run.confirm")).strip().lower() in ("y", "yes", "是")
    except (StdinNotImplementedError, EOFError, OSError):  # nbclient, papermill, a closed terminal
        pass
    raise UsageError(say("usage.confirm", rows=ahead.requests, tokens=ahead.tokens, most=most))


def _show_first(work: "Work") -> None:
    """Show what the first row that asks anything asks."""
    messages = next(filter(None, _requests(work)), None)
    if messages is not None:
        title = say("shown.run.first", model=work.order.target.model.alias)
        rows = [(message.role, message.content) for message in messages]
        show_table((say("label.role"), say("label.content")), rows, title)


def _requests(work: "Work") -> Iterator[tuple[Message, ...] | None]:
    for row in work.rows():
        with suppress(SparkError):  # one that cannot be sent: another will do
            yield work.order.messages(row)


def _print(line: str) -> None:
    print(line)  # noqa: T201  # a magic's answer to its user
