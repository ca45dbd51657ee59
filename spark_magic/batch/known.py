"""What need not be asked: rows whose question the journal has an answer to, and what asking the others takes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from ..conversation import Taken, judge_of
from ..errors import SparkError
from ..journal import Entry, Journal, key_of
from .job import may_pass
from .order import Order, tokens_of

_SAMPLE: Final = 1000  # rows whose tokens are counted


class Known:
    """The journal as one run may use it.

    With `fresh` nothing from before this moment counts, with `retry_failed` no failure from before it does.
    """

    def __init__(self, order: Order, journal: Journal, *, fresh: bool = False, retry_failed: bool = False) -> None:
        """Take the journal; the moment is now."""
        self._journal, self._judge = journal, judge_of(order.form)
        self._fresh, self._retry_failed = fresh, retry_failed
        self._from = datetime.now(UTC)

    def find(self, key: str) -> tuple[Entry, Any] | None:
        """Return what there is of a question, and the object its answer stands for; None where it is to be asked."""
        entry = self._journal.get(key)
        if entry is None or not self._counts(entry):
            return None
        if entry.failure is not None or self._judge is None:
            return entry, None
        verdict = self._judge(entry.text, entry.usage)  # a pydantic model may have changed since
        return (entry, verdict.data) if isinstance(verdict, Taken) else None

    def put(self, entries: Iterable[tuple[str, Entry]]) -> None:
        """Write what has come to an end into the journal, but for failures that may pass: the next run asks again."""
        ended = ((key, entry) for key, entry in entries if entry.failure is None or not may_pass(entry.failure))
        self._journal.put(ended)

    def _counts(self, entry: Entry) -> bool:
        if entry.at >= self._from:
            return True
        return not self._fresh and not (self._retry_failed and entry.failure is not None)


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a run is going to ask: `rows` of `total`, with about so many `tokens` in their questions."""

    total: int = 0
    rows: int = 0
    tokens: int = 0
    journalled: int = 0
    skipped: int = 0
    unfit: int = 0  # that cannot be sent


def forecast(order: Order, known: Known, rows: Iterable[Mapping[str, object]], total: int) -> Forecast:
    """Look at all rows without asking any; rows that ask the same are counted each.

    The tokens are estimated from some thousand rows, evenly spread.
    """
    counts = dict.fromkeys(Forecast.__dataclass_fields__, 0)
    step, sample = max(1, total // _SAMPLE), list[int]()
    for row in rows:
        counts["total"] += 1
        try:
            messages = order.messages(row)
        except SparkError:
            counts["unfit"] += 1
            continue
        if messages is None:
            counts["skipped"] += 1
        elif known.find(key_of(order.target, messages)) is not None:
            counts["journalled"] += 1
        else:
            counts["rows"] += 1
            if counts["rows"] % step == 0 or not sample:
                sample.append(tokens_of(messages))
    counts["tokens"] = round(counts["rows"] * sum(sample) / len(sample)) if sample else 0
    return Forecast(**counts)
