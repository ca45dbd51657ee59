"""Where the journal is."""

import os
from pathlib import Path
from typing import Final

from ..errors import JournalUnusable

VARIABLE: Final = "SPARK_JOURNAL"
BESIDE: Final = ("-wal", "-shm", "-journal")  # what SQLite puts next to its file


def default_file() -> Path:
    """Return the place of the user's own journal, in the folder of this package's data."""
    import platformdirs  # noqa: PLC0415  # not before there is a journal

    return Path(platformdirs.user_data_dir("spark_magic", appauthor=False)) / "journal.sqlite3"


def journal_file() -> Path:
    """Return the journal in use: the environment's SPARK_JOURNAL, else the user's own; it need not be there."""
    named = os.environ.get(VARIABLE, "")
    return Path(os.path.expanduser(named)) if named else default_file()  # noqa: PTH111  # Path's raises for ~nobody


def put_aside(path: Path, word: str) -> Path:
    """Rename a journal, with what belongs to it, so that a new one can begin; return its new name.

    The name has the `word` that says why. JournalUnusable where it cannot be renamed.
    """
    number = 1
    while os.path.lexists(kept := path.with_name(f"{path.name}.{word}-{number}")):
        number += 1
    try:
        for ending in ("", *BESIDE):
            if os.path.lexists(f"{path}{ending}"):
                Path(f"{path}{ending}").rename(f"{kept}{ending}")
    except OSError as problem:
        detail = problem.strerror or type(problem).__name__
    else:
        return kept
    raise JournalUnusable("journal.unwritable", path=path, detail=detail)
