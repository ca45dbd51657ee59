"""What the values of options look like; a wrong one is said in the user's language."""

import argparse
import keyword
import math
from collections.abc import Callable
from datetime import date
from typing import Final, NoReturn

from ..messages import say

_FIRST_YEAR: Final = 1970  # before it, and at the very end, computers have no local time
_MOST_MODELS: Final = 6  # side by side: more than that nobody can read


def _refuse(key: str, **values: object) -> NoReturn:
    raise argparse.ArgumentTypeError(say(key, **values))


def name(text: str) -> str:
    """Accept a variable's name."""
    if not text.isidentifier() or keyword.iskeyword(text):
        _refuse("usage.name", name=text)
    return text


class PictureName(str):
    """What a magic line calls a picture: a variable's name, or a file's; an object of a plain call is none."""

    __slots__ = ()


def label(text: str) -> str:
    """Accept a conversation's name: any word."""
    if not text.strip() or len(text.split()) != 1 or text.startswith("-") or not text.isprintable():
        _refuse("usage.label", name=text)
    return text


def one_model(text: str) -> str:
    """Accept one model's alias; whether there is such a model is seen later."""
    if "," in text:
        _refuse("usage.one_model")
    return text


def models(text: str) -> str:
    """Accept one model's alias or several with commas between them; return them without blanks."""
    names = [name.strip() for name in text.split(",")]
    if len(names) > 1 and not all(names):
        _refuse("usage.no_alias")
    if len(names) > _MOST_MODELS:
        _refuse("usage.many_models", count=len(names), most=_MOST_MODELS)
    return ",".join(names)


def number(text: str) -> float:
    """Accept a number; its range depends on the model."""
    try:
        return float(text)
    except ValueError:
        _refuse("usage.number", value=text)


def whole_number(text: str) -> int:
    """Accept a whole number."""
    try:
        return int(text)
    except ValueError:
        _refuse("usage.whole_number", value=text)


def count(text: str) -> int:
    """Accept 0 or more."""
    found = whole_number(text)
    if found < 0:
        _refuse("usage.count", value=text)
    return found


def at_least_one(text: str) -> int:
    """Accept 1 or more."""
    found = whole_number(text)
    if found < 1:
        _refuse("usage.at_least_one", value=text)
    return found


def positive(text: str) -> float:
    """Accept a number above 0."""
    found = number(text)
    if not 0 < found < math.inf:
        _refuse("usage.positive", value=text)
    return found


def columns(text: str) -> tuple[str, ...]:
    """Accept the names of new columns, with commas between them; a Chinese comma is one, too."""
    names = tuple(name.strip() for name in text.replace("，", ",").split(","))
    if not all(name and name.isprintable() for name in names):
        _refuse("usage.into", name=text)
    return names


def seconds(text: str) -> float:
    """Accept a positive number of seconds."""
    found = number(text)
    if not 0 < found < math.inf:
        _refuse("usage.seconds", value=text)
    return found


def day(text: str) -> date:
    """Accept a day since 1970: YYYY-MM-DD."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or str(found) != text or not _FIRST_YEAR <= found.year < date.max.year:
        _refuse("usage.day", value=text)
    return found


def one_of(*words: str) -> Callable[[str], str]:
    """Accept one of these words; another is not repeated, it may be anything."""

    def word(text: str) -> str:
        if text not in words:
            _refuse("usage.one_of", words=", ".join(words))
        return text

    return word
