"""Values that must not travel, and the names that stand for them: the environment's, credentials, what may be a key."""

import json
import os
import re
from collections.abc import Callable, Iterator, Sequence
from itertools import count, pairwise
from pathlib import Path
from typing import Final

from ..credentials import known_secrets
from ..errors.echo import repeats
from ..secret import Secret, without_frames

_LEAST: Final = 8  # characters of an environment variable's value that are no accident in a text
_LEAST_SECRET: Final = 4  # same where the variable's name says what it is
_SECRET_NAME: Final = re.compile("KEY|TOKEN|SECRET|PASS|PWD|CREDENTIAL|AUTH", re.IGNORECASE)
_WORD: Final = re.compile(r"[A-Za-z0-9+/=_\-]{16,}")
_PARTS: Final = re.compile("[/=]")
_WORD_PARTS: Final = re.compile(r"[A-Za-z0-9+/=_\-]+")
_LONG: Final = 16  # characters, as in the mask of our own errors
_RUN: Final = re.compile("[A-Za-z0-9]{12,}")
_SWITCHES: Final = 4  # from letters to digits and back within one run: a word has fewer, a key hardly ever
_LETTERS: Final = re.compile("[A-Za-z]{32,}")
_MARK: Final = re.compile("\0(\\d+)\0")
_NAMELESS: Final = "withheld"


class Withholding:
    """Takes values out of texts and puts names in square brackets there, the same name wherever a value stands.

    No name is one that the user's own `source` has already.
    """

    @without_frames
    def __init__(self, source: str = "") -> None:
        """Look at what there is to withhold."""
        self._source = source
        self._secrets = known_secrets()
        self._values = _values(self._secrets)
        self._taken: list[Secret] = []
        self._names: list[str] = []
        self._from_source = 0

    @property
    def count(self) -> int:
        """How many different values were taken out."""
        return len(self._taken)

    @without_frames
    def source(self) -> str:
        """Return the user's source without them; only what is a key without doubt counts as one."""
        text = self._without(self._source, _is_a_key)
        self._from_source = len(self._taken)
        return text

    @without_frames
    def text(self, text: str, known: frozenset[str] = frozenset()) -> str:
        """Return another text without them, and without any word that may be a key, the `known` ones excepted."""
        return self._without(text, lambda word: _may_be_a_key(word, known))

    @without_frames
    def restored(self, text: str) -> str:
        """Return a version of the source with the values in it that were taken out of the source."""
        for number in range(self._from_source):
            text = text.replace(self._names[number], self._taken[number].reveal())
        return text

    def _without(self, text: str, is_key: Callable[[str], bool]) -> str:
        text = text.replace("\0", "")
        for secret, name in self._values:
            value = secret.reveal()
            if value in text:
                text = text.replace(value, self._mark(value, name))
        lines = text.split("\n")
        telling = {place for secret in self._secrets for place in _telling(lines, secret.reveal())}
        text = "\n".join(self._mark(line, _NAMELESS) if place in telling else line for place, line in enumerate(lines))
        text = _WORD.sub(lambda match: self._mark(match[0], _NAMELESS) if is_key(match[0]) else match[0], text)
        while _MARK.search(text):  # a line that was taken out as a whole may have had a mark in it
            text = _MARK.sub(lambda match: self._names[int(match[1])], text)
        return text

    def _mark(self, value: str, name: str) -> str:
        """Return what marks its place until all are out: numbers, in which no other value can be found."""
        known = next((number for number, taken in enumerate(self._taken) if taken.reveal() == value), None)
        if known is None:
            self._taken.append(Secret(value))
            self._names.append(self._free(name))
            known = len(self._taken) - 1
        return f"\0{known}\0"

    def _free(self, name: str) -> str:
        names = (f"[{name}]" if number == 1 else f"[{name} {number}]" for number in count(1))
        return next(one for one in names if one not in self._source and one not in self._names)


def _values(secrets: Sequence[Secret]) -> list[tuple[Secret, str]]:
    """Return what is withheld as it stands, and its name; the longest first, since one may be part of another."""
    found: dict[str, str] = {}
    for value, name in _named(secrets):
        for form in (value, repr(value)[1:-1], json.dumps(value)[1:-1]):
            found.setdefault(form, name)
    longest = sorted(found.items(), key=lambda item: len(item[0]), reverse=True)
    return [(Secret(value), name) for value, name in longest]


def _named(secrets: Sequence[Secret]) -> Iterator[tuple[str, str]]:
    home = str(Path("~").expanduser())
    if len(home) > 1:
        yield home, "HOME"
    for name, value in sorted(os.environ.items()):
        least = _LEAST_SECRET if _SECRET_NAME.search(name) else _LEAST
        if len(value.strip()) >= least:
            yield value.strip(), name
    for secret in secrets:
        yield secret.reveal(), _NAMELESS


def _telling(lines: list[str], secret: str) -> set[int]:
    """Return the lines that repeat a secret in another form, each alone or several together."""
    left, found, size = list(lines), set[int](), 1
    while repeats("\n".join(left), secret):
        size = min(size, len(left))
        for start in range(len(left) - size + 1):
            if repeats("\n".join(left[start : start + size]), secret):
                places = range(start, start + size)
                found.update(places)
                left[start : start + size] = [""] * size
        size *= 2
    return found


def _is_a_key(word: str) -> bool:
    """Tell whether letters and digits are mixed as in no name that somebody gave."""
    return any(_switches(run) >= _SWITCHES for run in _RUN.findall(word))


def _switches(run: str) -> int:
    return sum(one.isdigit() != other.isdigit() for one, other in pairwise(run))


def _may_be_a_key(word: str, known: frozenset[str]) -> bool:
    """Tell whether a part of it is long and has both letters and digits, or very many letters in a row."""
    parts = [part for part in _PARTS.split(word) if part not in known]
    return (word not in known and _is_a_key(word)) or any(map(_long_and_mixed, parts))


def _long_and_mixed(part: str) -> bool:
    mixed = any(map(str.isdigit, part)) and any(map(str.isalpha, part))
    return (mixed and len(part) >= _LONG) or _LETTERS.search(part) is not None


def words_of(text: str) -> frozenset[str]:
    """Return the words of a text that is known: none of them is a key."""
    words = _WORD_PARTS.findall(text)
    return frozenset((*words, *(part for word in words for part in _PARTS.split(word))))
