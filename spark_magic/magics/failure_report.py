"""An error as text for somebody who is to explain it: calls and messages, and no value of any variable."""

import sys
import sysconfig
import traceback
from collections.abc import Callable, Iterator, Sequence
from importlib import metadata
from pathlib import PurePath
from typing import Any, Final

from ..messages import say

_FIRST, _LAST = 4, 8  # calls that are shown of more than both together
_MOST: Final = 8000  # characters
_BEGINNING: Final = 2000  # of them at the start: what was called; the end says what went wrong
_VERSION: Final = 32  # characters of a version that is one
_DEEP: Final = 5  # errors within errors within errors
_OWN: Final = ("IPython", "ipykernel", "spark_magic")


class Report:
    """The text of an error, the names in it, and the packages it went through with their versions."""

    def __init__(self, problem: BaseException, label: Callable[[str], str]) -> None:
        """Read it; `label` names the file of a cell ("": it is none)."""
        whole = traceback.TracebackException(type(problem), problem, problem.__traceback__, compact=True)
        self._names: set[str] = set()
        self._packages: dict[str, None] = {}
        for part in _parts(whole):
            self._shorten(part, label)
        self.text = _cut("".join(whole.format()).rstrip())

    @property
    def names(self) -> frozenset[str]:
        """The words of the calls: names of functions and files."""
        return frozenset(self._names)

    @property
    def versions(self) -> str:
        """Python's version and those of the packages: `Python 3.11.7, pandas 2.2.3`."""
        found = [f"{name} {version}" for name in self._packages if (version := _version(name))]
        return ", ".join([f"Python {sys.version.split()[0]}", *found])

    def _shorten(self, part: traceback.TracebackException, label: Callable[[str], str]) -> None:
        """Leave out the notebook's own calls, and where files are; name cells as such."""
        unparsed = isinstance(getattr(part, "filename", None), str)  # a SyntaxError names the file itself
        calls = _from_the_cell(part.stack, label, unparsed=unparsed and bool(label(part.filename)))
        for frame in calls:
            library = _in_library(frame.filename)
            frame.filename = label(frame.filename) or library or frame.filename
            if library:
                self._packages.setdefault(PurePath(library).parts[0].removesuffix(".py"))
            self._names.update((frame.name, *PurePath(frame.filename).parts, PurePath(frame.filename).stem))
        part.stack = calls
        if unparsed:
            part.filename = label(part.filename) or _in_library(part.filename) or part.filename


def _from_the_cell(
    frames: Sequence[traceback.FrameSummary], label: Callable[[str], str], *, unparsed: bool
) -> "_Calls":
    """Return the calls from the first one in a cell on; none of a cell that was never run."""
    first = next((place for place, frame in enumerate(frames) if label(frame.filename)), len(frames) * unparsed)
    return _Calls(frames[first:])


class _Calls(traceback.StackSummary):
    """Calls of which the middle is left out where there are many."""

    def __init__(self, frames: Sequence[traceback.FrameSummary]) -> None:
        """Take all of them."""
        self._missing = max(0, len(frames) - _FIRST - _LAST)
        super().__init__([*frames[:_FIRST], *frames[-_LAST:]] if self._missing else frames)

    def format(self, **options: Any) -> list[str]:
        """Return the lines."""
        if not self._missing:
            return super().format(**options)
        first, last = (traceback.StackSummary.from_list(part) for part in (self[:_FIRST], self[_FIRST:]))
        note = f"  {say('sent.frames', count=self._missing)}\n"
        return [*first.format(**options), note, *last.format(**options)]


def _parts(whole: traceback.TracebackException, depth: int = 0) -> Iterator[traceback.TracebackException]:
    """Yield an error and those it came from or is made of; what is deeper still is cut off."""
    yield whole
    if depth == _DEEP:
        whole.__cause__ = whole.__context__ = None
        whole.exceptions = None
    for other in (whole.__cause__, whole.__context__, *(getattr(whole, "exceptions", None) or ())):
        if other is not None:
            yield from _parts(other, depth + 1)


def _in_library(filename: str) -> str:
    """Return where in a library a file is: `pandas/core/frame.py`; "" for the user's own."""
    paths = sysconfig.get_paths()
    for place in ("platlib", "purelib", "platstdlib", "stdlib"):
        root = PurePath(paths[place])
        if PurePath(filename).is_relative_to(root):
            return PurePath(filename).relative_to(root).as_posix()
    return ""


def _version(package: str) -> str:
    """Return a package's version; "" for the standard library and for what nobody asks about."""
    if package in sys.stdlib_module_names or package in _OWN:
        return ""
    found = vars(sys.modules[package]).get("__version__") if package in sys.modules else None
    if not isinstance(found, str):
        try:
            found = metadata.version(package)
        except metadata.PackageNotFoundError:
            return ""
    return found if len(found) <= _VERSION and found.isprintable() else ""


def _cut(text: str) -> str:
    """Leave out the middle of a long text, and no part of a word: half a password is none that is withheld."""
    if len(text) <= _MOST:
        return text
    before, after = text[:_BEGINNING], text[_BEGINNING - _MOST :]
    first = before.removesuffix(before.split(" ")[-1].split("\n")[-1])
    last = after.removeprefix(after.split(" ", 1)[0].split("\n", 1)[0])
    note = say("sent.characters", count=len(text) - len(first) - len(last))
    return f"{first.rstrip()}\n{note}\n{last.lstrip()}"
