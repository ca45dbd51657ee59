"""Files that nobody else on the machine may read or turn into something else."""

import os
import stat
import tempfile
from pathlib import Path
from typing import Final

from .errors import ConfigurationError

_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
_POSIX: Final = os.name == "posix"  # Windows keeps a user's folder closed by its own access lists


def read_private(path: Path) -> bytes | None:
    """Return the file's bytes, or None where there is none.

    ConfigurationError for a link, for a file that others can read or change, and for one that cannot be read.
    """
    try:
        with open(path, "rb", opener=_open_itself) as file:  # Path.open() takes no opener
            # Checked on what was opened: the name may change meanwhile.
            if _POSIX and os.fstat(file.fileno()).st_mode & _OTHERS:
                raise ConfigurationError("file.exposed", path=path, mode="600")
            return file.read()
    except FileNotFoundError:
        return None
    except OSError as problem:
        raise _unreadable(path, problem) from None


def _open_itself(path: str, flags: int) -> int:
    """Open the file but no link to one, and wait for nobody: a named pipe has no end of its own."""
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))


def _unreadable(path: Path, problem: OSError) -> ConfigurationError:
    if path.is_symlink():
        return ConfigurationError("file.symlink", path=path)
    return ConfigurationError("file.unreadable", path=path, detail=problem.strerror or "")


def write_private(path: Path, content: bytes) -> None:
    """Put the bytes there whole or not at all: mode 0600, in a new folder 0700. ConfigurationError if not."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if path.is_symlink():
            raise ConfigurationError("file.symlink", path=path)
        _replace(path, content)
    except OSError as problem:
        failure = _unwritable(path, problem)
    else:
        return
    del content  # the traceback keeps this frame
    raise failure


def remove_private(path: Path) -> bool:
    """Remove the file or link; tell whether there was one. ConfigurationError where it cannot be removed."""
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    except OSError as problem:
        failure = _unwritable(path, problem)
    else:
        return True
    raise failure


def _unwritable(path: Path, problem: OSError) -> ConfigurationError:
    return ConfigurationError("file.unwritable", path=path, detail=problem.strerror or type(problem).__name__)


def _replace(path: Path, content: bytes) -> None:
    """Write beside and rename over: a reader sees the old file or the new one."""
    descriptor, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # made with mode 0600
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        Path(beside).replace(path)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise
