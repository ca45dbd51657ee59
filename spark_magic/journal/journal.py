"""The journal: put answers in, get them again, count them, clear it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from ..errors import JournalUnusable
from .database import Database
from .entry import COLUMNS, Entry, entry_from, moment, row_of
from .place import BESIDE, journal_file

_PLACES: Final = ", ".join("?" * (1 + len(COLUMNS.split(","))))
_PUT: Final = f"INSERT OR REPLACE INTO entries (key, {COLUMNS}) VALUES ({_PLACES})"  # noqa: S608  # our own columns
_GET: Final = f"SELECT {COLUMNS} FROM entries WHERE key = ?"  # noqa: S608  # as above
_TOTALS: Final = """
SELECT model, date(at / 1000000, 'unixepoch', 'localtime') AS day,
       count(*), sum(failed), coalesce(sum(total_tokens), 0)
FROM entries GROUP BY model, day ORDER BY day, model
"""


@dataclass(frozen=True, slots=True)
class JournalTotal:
    """What there is of one model on one day of this computer's calendar; `failures` are part of the `entries`."""

    model: str
    day: date
    entries: int
    failures: int
    tokens: int


class Journal:
    """Finished answers by their keys, in a file that only its owner can read.

    A context manager with one connection, used by one thread; two kernels may share the file. The questions
    themselves are not in it. Every method may raise JournalUnusable.
    """

    def __init__(self, path: Path | None = None) -> None:
        """Open the file, or make it; None is the one in use, `journal_file()`."""
        self.path = journal_file() if path is None else path
        self._database = Database(self.path)

    def get(self, key: str) -> Entry | None:
        """Return what there is of that key, a failure too; None where there is nothing, or nothing that can be read."""
        rows = self._database.rows(_GET, (key,))
        if not rows:
            return None
        try:
            return entry_from(rows[0])
        except (LookupError, TypeError, ValueError, OverflowError, AttributeError, RecursionError):
            return None

    def put(self, entries: Iterable[tuple[str, Entry]]) -> None:
        """Write down all of them or none, in the place of former ones; when it returns, no kill can lose them.

        TypeError for what is no plain data, a Secret above all.
        """
        with self._database.transaction() as connection:
            connection.executemany(_PUT, ((key, *row_of(entry)) for key, entry in entries))

    def totals(self) -> tuple[JournalTotal, ...]:
        """Return how many there are by model and day, the oldest day first."""
        rows = self._database.rows(_TOTALS)
        try:
            return tuple(JournalTotal(str(model), date.fromisoformat(day), *counts) for model, day, *counts in rows)
        except (TypeError, ValueError) as problem:  # a moment that no calendar has
            failure = JournalUnusable("journal.damaged", path=self.path, detail=type(problem).__name__)
        raise failure

    def clear(self, *, failed_only: bool = False, before: datetime | None = None) -> int:
        """Remove all entries, only those that failed, or those from before a moment; return how many.

        The file becomes smaller by them. It takes hardly any room on a full disk: nothing is overwritten with zeros
        in a file that is made anew behind that.
        """
        self._database.rows("PRAGMA secure_delete = OFF")
        wanted = ["1", *(["failed"] if failed_only else []), *(["at < ?"] if before is not None else [])]
        values = () if before is None else (moment(before),)
        with self._database.transaction() as connection:
            statement = f"DELETE FROM entries WHERE {' AND '.join(wanted)}"  # noqa: S608  # our own words
            count = connection.execute(statement, values).rowcount
        self._database.shrink()
        return count

    def hurry(self) -> None:
        """Wait for no other program's transaction any more, from another thread or a signal's handler."""
        self._database.hurry()

    def size(self) -> int:
        """Return how many bytes its files have."""
        files = (Path(f"{self.path}{ending}") for ending in ("", *BESIDE[:1]))
        return sum(file.stat().st_size for file in files if file.exists())

    def close(self) -> None:
        """Close the file; a second time does nothing."""
        self._database.close()

    def __enter__(self) -> Self:
        """Give itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file."""
        self.close()
