"""What one value looks like in a question."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from ..errors import BadVariable, masked_text
from .table import table_of

if TYPE_CHECKING:  # loads jinja2
    from .expression import Expression

_SHOWN: Final = 60  # characters of an expression in a message

MOST_TEXT: Final = 2_000_000
"""Characters of a str; no model takes more, and counting the tokens of a larger one takes seconds."""

MOST_SHOWN: Final = 20_000
"""Characters of any other object's text/plain; the rest is counted under it."""


@dataclass(frozen=True)
class Inserted:
    """What was put in for an expression: its text, and how much that is of the whole.

    `kind` is "table" (`size` and `whole` count rows) or "text" (characters).
    """

    expression: str
    text: str
    kind: str
    size: int
    whole: int

    def between(self, before: str, after: str) -> str:
        """Return the text as it goes between what stands around it; a table gets a paragraph of its own.

        Two characters of each side are enough.
        """
        if self.kind != "table":
            return self.text
        above = "" if not before or before.endswith("\n\n") else "\n" if before.endswith("\n") else "\n\n"
        below = "" if not after or after.startswith("\n\n") else "\n" if after.startswith("\n") else "\n\n"
        return f"{above}{self.text}{below}"


def shown(source: str) -> str:
    """Return an expression for a message: short, and without anything like a key."""
    text = masked_text(source)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def inserted(
    expression: "Expression", variables: Mapping[str, Any], plain: Callable[[object], str], screen: Callable[[str], str]
) -> Inserted:
    """Evaluate and show it; BadVariable for whatever goes wrong with the user's own objects on the way."""
    try:
        found = _shown(expression, expression.value(variables), plain)
    except BadVariable:
        raise
    except Exception as problem:  # noqa: BLE001  # the user's own objects: anything at all
        detail = _said(problem)
    else:
        text, kind, size, whole = found
        return Inserted(expression.shown, screen(text), kind, size, whole)
    raise BadVariable("variable.failed", expression=expression.shown, detail=detail)


def _shown(expression: "Expression", value: object, plain: Callable[[object], str]) -> tuple[str, str, int, int]:
    """Return the text, its kind, its size and that of the whole."""
    if isinstance(value, str):
        text = str.__str__(value)
        if len(text) > MOST_TEXT:
            raise BadVariable("variable.too_long", expression=expression.shown, size=len(text), most=MOST_TEXT)
        return text, "text", len(text), len(text)
    table = table_of(value)
    if table is not None:
        return table.text, "table", table.rows, table.all_rows
    text = str(value) if _is_numpy_number(value) else plain(value)
    size = min(len(text), MOST_SHOWN)
    rest = len(text) - size
    return text[:size] + (f"\n… {rest:,} more characters" if rest else ""), "text", size, len(text)


def _is_numpy_number(value: object) -> bool:
    """Tell whether it is one of numpy's numbers, whose text/plain is `np.float64(1.5)`."""
    return any((kind.__module__, kind.__name__) == ("numpy", "generic") for kind in type(value).__mro__)


def _said(problem: Exception) -> str:
    """Return type and message; an exception's own text may raise, too."""
    try:
        words = str(problem)
    except Exception:  # noqa: BLE001  # the user's own class
        words = ""
    return f"{type(problem).__name__}: {words}" if words else type(problem).__name__
