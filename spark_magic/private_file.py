"""Files that nobody else on the machine may read or turn into something else."""

import errno
import os
import stat
import tempfile
from pathlib import Path
from typing import Final

from .errors import ConfigurationError

_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
_POSIX: Final = os.name == "posix"  # Windows keeps a user's folder closed by its own access lists
_MOST: Final = 1024 * 1024  # bytes; what a user writes here are lines


def read_private(path: Path, *, most: int = _MOST) -> bytes | None:
    """Return the file's bytes, or None where there is none.

    ConfigurationError for a link, for a file that others can read or change, also by putting another in its place,
    for one that is no file or larger than `most` bytes (a megabyte), and for one that cannot be read.
    """
    try:
        with open(path, "rb", opener=_open_itself) as file:  # Path.open() takes no opener
            _check_closed(path, os.fstat(file.fileno()).st_mode)  # of what was opened: the name may change meanwhile
            content = file.read(most + 1)
    except FileNotFoundError:
        return None
    except OSError as problem:
        raise _unreadable(path, problem) from None
    if len(content) > most:
        del content  # the traceback keeps this frame
        raise ConfigurationError("file.unreadable", path=path, detail=os.strerror(errno.EFBIG))
    return content


def _check_closed(path: Path, mode: int) -> None:
    """Raise ConfigurationError for what others can get at; OSError for what is no file."""
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "no regular file")
    if _POSIX and mode & _OTHERS:
        raise ConfigurationError("file.exposed", path=path, mode="600")
    folder = path.parent.stat().st_mode
    if _POSIX and folder & stat.S_IWOTH and not folder & stat.S_ISVTX:
        raise ConfigurationError("file.exposed", path=path.parent, mode="700")


def _open_itself(path: str, flags: int) -> int:
    """Open the file but no link to one, and wait for nobody: a named pipe has no end of its own."""
    if not hasattr(os, "O_NOFOLLOW") and Path(path).is_symlink():  # Windows
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0), 0o600)


def _unreadable(path: Path, problem: OSError) -> ConfigurationError:
    if path.is_symlink():
        return ConfigurationError("file.symlink", path=path)
    return ConfigurationError("file.unreadable", path=path, detail=problem.strerror or "")


def write_private(path: Path, content: bytes, *, own_folder: bool = True) -> None:
    """Put the bytes there whole or not at all: mode 0600, in a folder of 0700. ConfigurationError if not.

    A folder that is not our own, where the user keeps other things, must be there and stays as it is.
    """
    try:
        if own_folder:
            _make_closed(path.parent)
        if path.is_symlink():
            raise ConfigurationError("file.symlink", path=path)
        _replace(path, content)
    except OSError as problem:
        failure = _unwritable(path, problem)
    else:
        return
    del content  # the traceback keeps this frame
    raise failure


def make_private(path: Path, *, own_folder: bool = True) -> None:
    """Make sure of a file for others to open by its name: an empty one with mode 0600 where there is none.

    ConfigurationError for one that `read_private` would refuse, and for one that cannot be written.
    """
    try:
        if own_folder:
            _make_closed(path.parent)
        descriptor = _open_itself(str(path), os.O_RDWR | os.O_CREAT)
        try:
            _check_closed(path, os.fstat(descriptor).st_mode)
        finally:
            os.close(descriptor)
    except OSError as problem:
        failure = _unreadable(path, problem) if path.is_symlink() else _unwritable(path, problem)
    else:
        return
    raise failure


def _make_closed(folder: Path) -> None:
    """Make a folder for its owner alone, with those above it that are missing; close one that others could enter."""
    if not folder.exists():
        if not folder.parent.exists():
            _make_closed(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)
    elif _POSIX and folder.stat().st_mode & _OTHERS:
        folder.chmod(0o700)


def remove_private(path: Path) -> bool:
    """Remove the file or link; tell whether there was one. ConfigurationError where it cannot be removed.

    What a crash in the middle of writing has left beside it goes, too.
    """
    try:
        for beside in path.parent.glob(_beside(path, "*")):
            beside.unlink(missing_ok=True)
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
    descriptor, beside = tempfile.mkstemp(dir=path.parent, prefix=_beside(path, ""))  # made with mode 0600
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        Path(beside).replace(path)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise


def _beside(path: Path, rest: str) -> str:
    """Name what is not whole yet."""
    return f".{path.name}.{rest}"
