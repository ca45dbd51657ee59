"""What is wrong with a text that should be JSON of some shape."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from ..render import to_plain

_ROOT: Final = "$"
_PLAIN_KEY: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,60}")
_MOST: Final = 200  # characters of a message or a path: both may repeat the model's own text


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: where (`$.items[2].price`) and what; both are one short line, fit to show."""

    path: str
    message: str


class Invalid(Exception):
    """A text that is no JSON, or not what the schema wants; `problems` has at least one entry."""

    def __init__(self, *problems: Problem) -> None:
        """Take what is wrong, the first thing first."""
        super().__init__(*problems)
        self.problems = problems


def problem(message: str, steps: Iterable[str | int] = ()) -> Problem:
    """Return what is wrong, and where: the keys and indexes that lead there from the outermost value."""
    return Problem(_line(_ROOT + "".join(map(_step, steps))), _line(message))


def _step(step: str | int) -> str:
    if isinstance(step, int):
        return f"[{step}]"
    return f".{step}" if _PLAIN_KEY.fullmatch(step) else f"[{step!r}]"


def _line(text: str) -> str:
    """Return a text of any origin as one short line without control characters."""
    words = " ".join(to_plain(text[: 4 * _MOST]).split())
    return words if len(words) <= _MOST else words[: _MOST - 1] + "…"
