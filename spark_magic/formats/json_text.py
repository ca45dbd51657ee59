"""Find the JSON in an answer and read it strictly: models put words around it, and fences."""

import json
import math
import re
from collections.abc import Iterator
from typing import Any, Final, NoReturn

from ..messages import say
from ..render import fences
from .invalid import Invalid, problem

_DEEPEST: Final = 100  # levels: what walks over the object later must not run out of stack
_MARKS: Final = re.compile(r'\\.|["\[\]{}]', re.DOTALL)  # an escaped character opens and closes nothing
_JSON: Final = {"json", "json5", "jsonc"}


def found_json(text: str) -> Any:
    """Return the object that the JSON in `text` stands for; Invalid when there is none, or when it is not strict.

    The whole text is tried first, then a fenced block, then what the longest outermost pair of brackets holds.
    Strict: no NaN, no infinity, no key twice in one object, at most 100 levels.
    """
    stripped = text.strip().removeprefix("\ufeff")
    try:
        return strict_json(stripped)
    except Invalid:
        candidate = _candidate(stripped)
        if candidate is None:
            raise
    return strict_json(candidate)


def strict_json(text: str) -> Any:
    """Return the object of a text that is JSON and nothing else; Invalid as above."""
    try:
        data = json.loads(text, parse_constant=_no_constant, parse_float=_finite, object_pairs_hook=_without_repeats)
    except json.JSONDecodeError as wrong:
        raise Invalid(problem(say("format.no_json", detail=wrong))) from None
    except RecursionError:
        raise Invalid(problem(say("format.deep", most=_DEEPEST))) from None
    except ValueError as wrong:  # one of ours below, or a number of thousands of digits
        raise Invalid(problem(str(wrong))) from None
    _check_depth(data)
    return data


def pretty_json(text: str) -> str:
    """Return the JSON in `text` laid out for reading; Invalid as from `found_json`."""
    return json.dumps(found_json(text), ensure_ascii=False, indent=2)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(say("format.constant", name=name))


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise ValueError(say("format.constant", name=digits))
    return number


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make the object; a key that stands twice leaves open which value is meant."""
    made: dict[str, Any] = {}
    for key, value in pairs:
        if key in made:
            raise ValueError(say("format.twice", name=key))
        made[key] = value
    return made


def _check_depth(data: Any) -> None:
    """Invalid for an object that is nested too deep; without recursion of its own."""
    level, depth = [data], 0
    while level:
        depth += 1
        level = [inner for value in level for inner in _inside(value)]
    if depth > _DEEPEST:
        raise Invalid(problem(say("format.deep", most=_DEEPEST)))


def _inside(value: Any) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []


def _candidate(text: str) -> str | None:
    """Return the part of `text` that is most likely meant to be its JSON; None where nothing is like it.

    One part only: where a broken object stands beside a whole one, the whole one is not what was asked for.
    """
    blocks = fences(text)
    named = [code for language, code in blocks if language.lower() in _JSON]
    fenced = named or [code for _, code in blocks if code.lstrip()[:1] in ("{", "[")]
    return fenced[0] if fenced else max(_outermost(text), key=len, default=None)


def _outermost(text: str) -> Iterator[str]:
    """Yield what stands between brackets that belong together and are inside no others; an open end included."""
    depth, start, quoted = 0, 0, False
    for match in _MARKS.finditer(text):
        mark = match[0]
        if mark == '"':
            quoted = depth > 0 and not quoted  # outside of brackets quotation marks are prose
        elif mark in "[{" and not quoted:
            start = start if depth else match.start()
            depth += 1
        elif mark in "]}" and depth and not quoted:
            depth -= 1
            if not depth:
                yield text[start : match.end()]
    if depth:
        yield text[start:]
