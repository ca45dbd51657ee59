"""Whether a foreign text repeats a secret, in whatever form: a server has seen the keys, and may say them again."""

import base64
import html
import re
from collections.abc import Iterable, Iterator
from typing import Final
from urllib.parse import unquote

_PIECE: Final = 8  # characters in a row that are no accident
_ESCAPE: Final = re.compile(r"(?<!\\)\\+(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2}))")  # a long row is looked at once
_LINE_END: Final = re.compile(r"(?<!\\)\\+[nrt]")
_ENTITY: Final = re.compile("&#0*+([0-9]{0,7})[0-9]*")  # Python refuses to read a number of thousands of digits


def repeats(text: str, secret: str) -> bool:
    """Tell whether eight characters of a secret are in a text: as they are, or in a form that is easily undone.

    In any case, backwards, with anything between them, hexadecimal, base64, percent-encoded, as escapes or entities.
    """
    return has_any(text, pieces_of(secret))


def pieces_of(secret: str) -> list[str]:
    """Return what a text must not have of a secret: pieces of all its forms, letters and digits alone."""
    return [piece for form in _forms(secret) for piece in _pieces(_letters(form))]


def has_any(text: str, pieces: Iterable[str]) -> bool:
    """Tell whether any of the pieces is in a text, as it is or as it is easily undone."""
    views = {letters for view in _undone(text) if len(letters := _letters(view)) >= _PIECE}
    return bool(views) and any(piece in view for piece in pieces for view in views)


def _undone(text: str) -> Iterator[str]:
    yield text
    if "%" in text:
        yield unquote(text)  # where it was encoded twice, the hexadecimal digits are left
    if "&" in text:
        yield html.unescape(_ENTITY.sub(r"&#\1", text))
    if "\\" in text:
        yield _ESCAPE.sub(lambda match: chr(int(match[1] or match[2], 16)), text)


def _letters(text: str) -> str:
    """Return letters and digits alone, in lower case, without the ends of lines that were escaped."""
    return re.sub("[^a-z0-9]+", "", _LINE_END.sub("", text).lower())


def _forms(secret: str) -> Iterator[str]:
    raw = secret.encode("utf-8", "surrogatepass")
    yield from (secret, secret[::-1], raw.hex())
    for offset, skipped in enumerate((0, 2, 3)):  # what is in front of it moves the letters of base64
        yield base64.b64encode(bytes(offset) + raw).decode()[skipped:]


def _pieces(text: str) -> Iterator[str]:
    """Yield the text in pieces, without the last letters; of a text too short for one piece none."""
    for start in range(0, len(text) - _PIECE + 1, _PIECE):
        yield text[start : start + _PIECE]
