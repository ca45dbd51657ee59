"""`%spark_journal`: what is in the journal of finished answers, and taking it out."""

import argparse
import json
import os
from collections.abc import Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import Final

from IPython.core.error import UsageError

from ..display.chart import Chart, Row, show_charts
from ..errors import JournalUnusable
from ..journal import Journal, JournalTotal, default_file, journal_file, put_aside
from ..messages import say
from .files import user_path

_COUNTS: Final = ("entries", "failures", "tokens")
_ASIDE: Final = {"journal.damaged": "damaged", "journal.version": "other-version"}
_UNITS: Final = ("B", "kB", "MB", "GB", "TB")
_STEP: Final = 1000


def run_journal(options: argparse.Namespace) -> None:
    """Do what the options say: clear it, print it as JSON, or show the table.

    UsageError for options that do not fit together, JournalUnusable. A file that is not there is not made.
    """
    _check(options)
    path = user_path(options.journal) if options.journal else journal_file()
    if not os.path.exists(path) and not options.json:  # noqa: PTH110  # Path's raises for a name that is too long
        _print(say("shown.journal.none", path=path))
    elif options.clear:
        _clear(path, options)
    else:
        _show(path, as_json=options.json)


def _check(options: argparse.Namespace) -> None:
    refused = {
        say("usage.journal.clear", option="--failed"): options.failed and not options.clear,
        say("usage.journal.clear", option="--before"): options.before is not None and not options.clear,
        say("usage.journal.json"): options.json and options.clear,
    }
    for message, wrong in refused.items():
        if wrong:
            raise UsageError(message)


def _print(line: str) -> None:
    print(line)  # noqa: T201  # a magic's answer to its user


def _clear(path: Path, options: argparse.Namespace) -> None:
    """Remove what is wanted; of a file of our own that cannot be read, all of it goes aside."""
    before = None if options.before is None else _midnight(options.before)
    try:
        with Journal(path) as journal:
            count = journal.clear(failed_only=options.failed, before=before)
            left = _bytes(journal.size())
    except JournalUnusable as problem:
        if options.failed or before is not None or path != default_file() or problem.key not in _ASIDE:
            raise
        word = _ASIDE[problem.key]
    else:
        _print(say("shown.journal.cleared.one" if count == 1 else "shown.journal.cleared", count=count, size=left))
        return
    _print(say("shown.journal.aside", path=path, kept=put_aside(path, word)))


def _midnight(day: date) -> datetime:
    """Return when a day begins on this computer's calendar."""
    return datetime.combine(day, time()).astimezone()


def _show(path: Path, *, as_json: bool) -> None:
    totals, size = _read(path)
    if as_json:
        _print(_as_json(path, size, totals))
    elif totals:
        show_charts([_chart(totals)], [say("shown.journal.file", path=path, size=_bytes(size))])
    else:
        _print(say("shown.journal.empty", path=path, size=_bytes(size)))


def _read(path: Path) -> tuple[tuple[JournalTotal, ...], int]:
    if not os.path.exists(path):  # noqa: PTH110  # as above
        return (), 0
    with Journal(path) as journal:
        return journal.totals(), journal.size()


def _chart(totals: Sequence[JournalTotal]) -> Chart:
    """Return the table, the oldest day first, with the sum of all where there are several rows."""
    rows = [_row((total.day.isoformat(), total.model), [getattr(total, name) for name in _COUNTS]) for total in totals]
    if len(rows) > 1:
        sums = [sum(getattr(total, name) for total in totals) for name in _COUNTS]
        rows.append(Row(_row((say("label.spent.all"), ""), sums).cells, 0))
    head = ("label.spent.day", "label.spent.model", *(f"label.journal.{name}" for name in _COUNTS))
    return Chart(say("shown.journal.by_day"), tuple(map(say, head)), tuple(rows), numbers=len(_COUNTS))


def _row(names: tuple[str, str], counts: list[int]) -> Row:
    return Row((*names, *(f"{count:,}" for count in counts)), counts[0])


def _as_json(path: Path, size: int, totals: Sequence[JournalTotal]) -> str:
    rows = [
        {"day": total.day.isoformat(), "model": total.model, **{name: getattr(total, name) for name in _COUNTS}}
        for total in totals
    ]
    return json.dumps({"path": str(path), "bytes": size, "totals": rows}, ensure_ascii=False, indent=1)


def _bytes(size: float) -> str:
    """Return a size for the eye: `12.3 kB`."""
    for unit in _UNITS[:-1]:
        if size < _STEP:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= _STEP
    return f"{size:.1f} {_UNITS[-1]}"
