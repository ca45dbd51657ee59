"""The file: opened, looked at before anything in it is changed, and its errors in our own words."""

import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

from ..errors import ConfigurationError, JournalUnusable
from ..private_file import make_private
from .place import BESIDE, default_file

APPLICATION: Final = 0x53504A4C  # "SPJL", in the file's header: whose database it is
VERSION: Final = 1
_HEAD: Final = b"SQLite format 3\0"  # of every database
_PATIENCE: Final = 10.0  # seconds to wait for another kernel's transaction
_SLICE: Final = 0.2  # seconds of it without looking up: SQLite does not hear an interrupt
_SCHEMA: Final = """
CREATE TABLE entries (
    key TEXT NOT NULL PRIMARY KEY,
    at INTEGER NOT NULL,
    model TEXT NOT NULL,
    failed INTEGER NOT NULL,
    prompt_tokens INTEGER,
    completion_tokens INTEGER,
    total_tokens INTEGER,
    body BLOB NOT NULL
)
"""
_BUSY: Final = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_KEYS: Final = {
    **dict.fromkeys(_BUSY, "journal.locked"),
    **dict.fromkeys((sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_CANTOPEN), "journal.unwritable"),
    **dict.fromkeys((sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR), "journal.damaged"),
    sqlite3.SQLITE_FULL: "journal.full",
}
_Result = TypeVar("_Result")


class Database:
    """One connection, for one thread; every error of SQLite's comes out as JournalUnusable."""

    def __init__(self, path: Path) -> None:
        """Open it, or make it: for its owner alone. JournalUnusable for one that is not ours, as it is."""
        self.path = path
        self._hurried = False
        _make_private(path)
        with self._mapped():
            self._connection = _connection(path)
        try:
            self._prepare()
        except BaseException:
            self.close()
            raise

    def _prepare(self) -> None:
        with self._mapped():
            if self._patiently(self._is_new):
                with self.transaction():
                    self._make()
            self._check()
            self._choose_mode()

    def _is_new(self) -> bool:
        """Tell whether there is nothing in it at all; of nobody's, not even of another program's."""
        tables = self._one("SELECT count(*) FROM sqlite_master")
        return (self._one("PRAGMA application_id"), self._one("PRAGMA user_version"), tables) == (0, 0, 0)

    def _make(self) -> None:
        if self._is_new():  # another kernel may have been first
            self._connection.execute(_SCHEMA)
            self._connection.execute(f"PRAGMA application_id = {APPLICATION}")
            self._connection.execute(f"PRAGMA user_version = {VERSION}")

    def _check(self) -> None:
        if self._patiently(lambda: self._one("PRAGMA application_id")) != APPLICATION:
            raise JournalUnusable("journal.foreign", path=self.path)
        if self._one("SELECT count(*) FROM sqlite_master WHERE type NOT IN ('table', 'index')"):
            raise JournalUnusable("journal.foreign", path=self.path)  # a view or a trigger may do anything
        if (found := self._one("PRAGMA user_version")) != VERSION:
            raise JournalUnusable("journal.version", path=self.path, found=found, version=VERSION)

    def _choose_mode(self) -> None:
        """Write ahead, where the file system can do that: two kernels do not wait for each other's reading."""
        try:
            mode = self._one("PRAGMA journal_mode = WAL")
            self._one("SELECT count(*) FROM (SELECT 1 FROM entries LIMIT 1)")  # where shared memory is needed
        except sqlite3.OperationalError as problem:
            if code_of(problem) in _BUSY:
                return  # another one is choosing
            mode = self._one("PRAGMA journal_mode = DELETE")
        if mode == "wal":
            self._connection.execute("PRAGMA synchronous = NORMAL")  # outlives the process, as it does in full

    def _one(self, statement: str) -> Any:
        return self._connection.execute(statement).fetchone()[0]

    def rows(self, statement: str, values: tuple[object, ...] = ()) -> list[Any]:
        """Return what a query finds."""
        with self._mapped():
            return self._patiently(lambda: self._connection.execute(statement, values).fetchall())

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Do all of it or nothing; what is done outlives the process."""
        connection = self._connection
        with self._mapped():
            if connection.in_transaction:  # an interrupt came right behind its beginning
                connection.execute("ROLLBACK")
            try:
                self._patiently(lambda: connection.execute("BEGIN IMMEDIATE"))
                yield connection
                self._patiently(lambda: connection.execute("COMMIT"))
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def hurry(self) -> None:
        """Wait for no other kernel any more, from another thread or a signal's handler."""
        self._hurried = True

    def shrink(self) -> None:
        """Give back the room of what was removed; later, where another kernel is reading."""
        with self._mapped():
            try:
                self._connection.execute("VACUUM")
                with closing(self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")) as cursor:
                    cursor.fetchone()
            except sqlite3.OperationalError as problem:
                if code_of(problem) not in _BUSY:
                    raise

    def close(self) -> None:
        """Close it; the last one to do so takes the files beside it away."""
        self._connection.close()

    def _patiently(self, step: Callable[[], _Result]) -> _Result:
        """Do a step as soon as no other transaction is in the way; an interrupt ends the waiting."""
        until = time.monotonic() + _PATIENCE
        while True:
            try:
                return step()
            except sqlite3.OperationalError as problem:
                if code_of(problem) not in _BUSY or self._hurried or time.monotonic() >= until:
                    raise

    @contextmanager
    def _mapped(self) -> Iterator[None]:
        """Raise SQLite's errors as ours; those of its Python module are our own bugs, and stay."""
        try:
            yield
        except sqlite3.Error as problem:
            code = code_of(problem)
            if code is None:
                raise
            key = _KEYS.get(code, "journal.failed")
            failure = JournalUnusable(key, path=self.path, detail=str(problem), seconds=_PATIENCE)
        else:
            return
        raise failure


def _make_private(path: Path) -> None:
    """Make sure of a file, empty or a database: SQLite takes a few other bytes for nothing, and overwrites them."""
    own = path == default_file()
    if not own and not path.parent.exists():
        raise JournalUnusable("journal.no_folder", path=path)
    try:
        make_private(path, own_folder=own)
        for beside in (Path(f"{path}{ending}") for ending in BESIDE):
            if os.path.lexists(beside):  # SQLite writes into what is there, whoever has put it there
                make_private(beside, own_folder=False)
        with path.open("rb") as file:
            head = file.read(len(_HEAD))
    except ConfigurationError as problem:
        failure = JournalUnusable(problem.key, detail=problem.detail, **problem.values)  # type: ignore[arg-type]  # passed through
    except OSError as problem:
        failure = JournalUnusable("journal.unwritable", path=path, detail=problem.strerror or type(problem).__name__)
    else:
        if head in (b"", _HEAD):
            return
        failure = JournalUnusable("journal.damaged", path=path, detail="file is not a database")
    raise failure


def _connection(path: Path) -> sqlite3.Connection:
    """Open a file that is there."""
    place = f"{path.absolute().as_uri()}?mode=rw"
    return sqlite3.connect(place, uri=True, timeout=_SLICE, isolation_level=None)


def code_of(problem: sqlite3.Error) -> int | None:
    """Return SQLite's primary error code, None for an error that is not SQLite's."""
    code = getattr(problem, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF
