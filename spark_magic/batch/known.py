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

_SAMPLE: Final = 1000  # requests whose tokens are counted
_ENOUGH: Final = 15  # digits of a key that tell it from the others: a number of 60 bits takes little memory


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

    def hurry(self) -> None:
        """Wait for no other program that uses the journal any more."""
        self._journal.hurry()

    def _counts(self, entry: Entry) -> bool:
        if entry.at >= self._from:
            return True
        return not self._fresh and not (self._retry_failed and entry.failure is not None)


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a run is going to ask: `rows` of them by so many `requests`, with about so many `tokens` in these."""

    rows: int = 0
    requests: int = 0
    tokens: int = 0
    unfit: int = 0  # that cannot be sent


def forecast(order: Order, known: Known, rows: Iterable[Mapping[str, object]], total: int) -> Forecast:
    """Look at all rows without asking any; those that ask the same share a request.

    The tokens are estimated from some thousand requests, evenly spread.
    """
    asked, unfit = 0, 0
    step, sample, seen = max(1, total // _SAMPLE), list[int](), set[int]()
    for row in rows:
        try:
            messages = order.messages(row)
        except SparkError:
            unfit += 1
            continue
        if messages is None or known.find(key := key_of(order.target, messages)) is not None:
            continue
        asked += 1
        if (number := int(key[:_ENOUGH], 16)) in seen:
            continue
        seen.add(number)
        if len(seen) % step == 0 or not sample:
            sample.append(tokens_of(messages))
    tokens = round(len(seen) * sum(sample) / len(sample)) if sample else 0
    return Forecast(asked, len(seen), tokens, unfit)
