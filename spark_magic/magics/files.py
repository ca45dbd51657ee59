"""The user's own files, named on a magic line: read within bounds, written for nobody else, never by accident."""

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Final

from ..errors import ConfigurationError
from ..messages import say
from ..private_file import write_private

_START: Final = 64  # bytes that tell what a file is


class FileUnreadable(Exception):
    """A file is not there, is none, is too large, or may not be read; the text says which."""


def read_file(path: str, most: int) -> bytes:
    """Return the bytes of a file of at most so many; `~` is the home. FileUnreadable for all that can go wrong.

    A pipe or a device is not waited for.
    """
    try:
        with open(user_path(path), "rb", opener=_open_now) as file:  # Path.open() takes no opener
            if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                content = file.read(most + 1)
                detail = say("label.larger_than", size=most // 1024) if len(content) > most else ""
            else:
                detail = "no regular file"
    except (OSError, ValueError) as problem:  # the latter: a zero in the name
        detail = getattr(problem, "strerror", None) or str(problem)
    if detail:
        raise FileUnreadable(detail)
    return content


def write_file(path: str, content: bytes, replaceable: Callable[[bytes], bool]) -> Path:
    """Write a file that only the user can read, whole or not at all; return where it is.

    One that is there already is replaced if its first bytes are `replaceable`; the folder must be there and stays as
    it is. ConfigurationError if not.
    """
    place = user_path(path)
    try:
        with open(place, "rb", opener=_open_now) as file:
            replaces = stat.S_ISREG(os.fstat(file.fileno()).st_mode) and replaceable(file.read(_START))
    except FileNotFoundError:
        replaces = True
    except (OSError, ValueError):
        replaces = replaceable(b"")
    if not replaces:
        raise ConfigurationError("file.not_ours", path=place)
    write_private(place, content, own_folder=False)
    return place


def user_path(path: str) -> Path:
    """Return where a file is, `~` being the home, if there is one."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        return Path(path)


def _open_now(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
