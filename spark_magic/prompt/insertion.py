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
    return Template(text).filled(variables, plain, screen)


class Template:
    """A text whose variables are found once and filled in as often as there are rows."""

    def __init__(self, text: str) -> None:
        """Take the text."""
        self._text = text
        self._places = list(_places(text)) if _PLACE.search(text) else []  # most questions have none: no jinja2 then
        self._known = {place.source: place.expression for place in self._places if place.expression is not None}

    @property
    def names(self) -> tuple[str, ...]:
        """The variables it needs, each once, in the order of the text."""
        return tuple(dict.fromkeys(name for e in self._known.values() for name in e.unknown({})))

    def items(self, name: str) -> tuple[str, ...] | None:
        """Return the keys of a variable that are put in, `name["key"]`; None where it is used in another way, too."""
        found = [key for e in self._known.values() for one, key in e.items if one == name]
        keys = tuple(dict.fromkeys(key for key in found if key is not None))
        return None if None in found else keys

    def filled(self, variables: Mapping[str, Any], plain: Plain, screen: Screen = str) -> Expanded:
        """Return the text with the values put in; as `expand`."""
        if not self._places:
            return Expanded(self._text)
        from .value import inserted, shown  # noqa: PLC0415  # loads what knows tables

        self.check(variables)
        values = {source: inserted(found, variables, plain, screen) for source, found in self._known.items()}
        odd = (place.source for place in self._places if place.expression is None)
        left = dict.fromkeys(shown(source) for source in odd if _first_name(source) in variables)
        return Expanded(_filled(self._text, self._places, values), tuple(values.values()), tuple(left))

    def check(self, variables: Mapping[str, Any]) -> None:
        """Raise BadVariable for a name that is not among them."""
        for expression in self._known.values():
            _check_names(expression, variables)


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
