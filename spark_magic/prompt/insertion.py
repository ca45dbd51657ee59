"""Find the variables of a text and put their values in; all else stays as it is, to the byte."""

import difflib
import keyword
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from ..errors import BadVariable

if TYPE_CHECKING:  # most questions have no variable; the former loads jinja2
    from .expression import Expression
    from .value import Inserted

# Not after `$` (GitHub Actions), a backslash or a letter (TeX, C++), a brace (f-strings, Handlebars, the second
# argument of \frac) or `^`. On one line, however that ends, without inner braces, and no longer than people write.
_PLACE: Final = re.compile(
    r"(?<![$\\A-Za-z{^])\{\{[ \t\u3000\xa0]*([^\W\d][^{}\r\n\v\f\x1c-\x1e\x85\u2028\u2029]{0,1000})\}\}"
)
_FIRST_NAME: Final = re.compile(r"\w+")
_NEAR: Final = 0.6  # similarity (difflib's) of a name worth proposing

Plain: TypeAlias = Callable[[object], str]
Screen: TypeAlias = Callable[[str], str]


@dataclass(frozen=True)
class Expanded:
    """A text with all values put in.

    `inserted` has each expression once, in the order of the text; `left` those that begin with the name of a
    variable and stayed as they are, since they are no expression of this kind.
    """

    text: str
    inserted: "tuple[Inserted, ...]" = ()
    left: tuple[str, ...] = ()


def expand(text: str, variables: Mapping[str, Any], plain: Plain, screen: Screen = str) -> Expanded:
    """Put the values of `variables` in place of each `{{ expression }}`; a value is never expanded again.

    A table of pandas or polars becomes a Markdown table, a str itself, anything else what `plain` returns for it.
    `screen` sees every text before it is put in, and returns the one to take. Nothing is evaluated unless all names
    are known. BadVariable for an unknown name, for whatever the evaluation raises, and for a value that no model takes.
    """
    if not _PLACE.search(text):
        return Expanded(text)
    from .value import inserted, shown  # noqa: PLC0415  # most questions have no variable

    places = list(_places(text))
    known = {place.source: place.expression for place in places if place.expression is not None}
    for expression in known.values():
        _check_names(expression, variables)
    values = {source: inserted(expression, variables, plain, screen) for source, expression in known.items()}
    left = dict.fromkeys(shown(p.source) for p in places if p.expression is None and _first_name(p.source) in variables)
    return Expanded(_filled(text, places, values), tuple(values.values()), tuple(left))


@dataclass(frozen=True)
class _Place:
    """What looks like a variable, from `start` to `end` of the text; its `expression` is None where it is none."""

    start: int
    end: int
    source: str
    expression: "Expression | None"


def _places(text: str) -> Iterator[_Place]:
    """Yield what looks like a variable; right behind a brace that closes no variable nothing does."""
    from .expression import parsed  # noqa: PLC0415  # loads jinja2

    found: dict[str, Expression | None] = {}
    end = 0  # of the last variable
    for match in _PLACE.finditer(text):
        start, source = match.start(), match[1].rstrip()
        if keyword.iskeyword(_first_name(source)) or (text[start - 1 : start] == "}" and start != end):
            continue
        if source not in found:
            found[source] = parsed(source)
        end = end if found[source] is None else match.end()
        yield _Place(start, match.end(), source, found[source])


def _first_name(source: str) -> str:
    match = _FIRST_NAME.match(source)
    return "" if match is None else match[0]


def _check_names(expression: "Expression", variables: Mapping[str, Any]) -> None:
    """BadVariable for a name that is not there, with the nearest one that is."""
    for name in expression.unknown(variables):
        visible = [other for other in variables if not other.startswith("_")]
        nearest = next(iter(difflib.get_close_matches(name, visible, n=1, cutoff=_NEAR)), "")
        key = "variable.mistyped" if nearest else "variable.unknown"
        raise BadVariable(key, expression=expression.shown, name=name, nearest=nearest)


def _filled(text: str, places: list[_Place], values: "Mapping[str, Inserted]") -> str:
    """Put the values in."""
    pieces, end = list[str](), 0
    for place in places:
        if place.expression is not None:
            before, after = text[max(0, place.start - 2) : place.start], text[place.end : place.end + 2]
            pieces += [text[end : place.start], values[place.source].between(before, after)]
            end = place.end
    return "".join([*pieces, text[end:]])
