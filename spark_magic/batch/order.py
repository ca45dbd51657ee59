"""What is asked of every row: one template, one model, one form; each row is a conversation of its own."""

import difflib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from ..conversation import Example
from ..conversation.plan import lined_up
from ..conversation.tokens import TokenScale, estimate
from ..errors import BadTable, BadVariable, PromptTooLarge
from ..events import Message
from ..formats import PLAIN_FORM, Form
from ..messages import listed
from ..prompt import Template
from ..prompt.insertion import Screen
from ..target import Target

ROW: Final = "row"  # the whole row, for columns whose names are no variables: {{ row["a b"] }}
_MOST_PER_CHARACTER: Final = 1.25  # tokens; `conversation.tokens` estimates no text higher
_MOST_EXACT: Final = 2**53  # a float below has all digits of a whole number
_MOST_COLUMNS: Final = 50  # named in a message
_MOST_OF_NAME: Final = 60  # characters
_NEAR: Final = 0.6  # similarity (difflib's) of a column worth proposing


@dataclass(frozen=True)
class Order:
    """What is asked of every row. `screen` sees every value before it is put in, and returns the one to take."""

    target: Target
    template: Template
    system: str = ""
    examples: Sequence[Example] = ()
    form: Form = PLAIN_FORM
    screen: Screen = str

    @property
    def worker_target(self) -> Target:
        """Where the rows go; whoever submits them asks again, not the worker."""
        return replace(self.target, limits=replace(self.target.limits, retries=0))

    def check(self, columns: Iterable[str]) -> None:
        """Raise BadTable for a template that needs what is no column, and for one that needs none."""
        known = list(columns)
        if not self.template.names:
            raise BadTable("table.no_variable", columns=self._shown(known))
        written = {*known, *map(_as_written, known), ROW}
        for name in (*self._names, *(() if ROW in known else self._keys or ())):
            if name not in written:
                nearest = self._shown(difflib.get_close_matches(name, known, n=1, cutoff=_NEAR))
                key = "table.mistyped" if nearest else "table.no_column"
                raise BadTable(key, name=_printable(name), nearest=nearest, columns=self._shown(known))

    def messages(self, row: Mapping[str, object]) -> tuple[Message, ...] | None:
        """Return the row's request; None for one with nothing in any of the template's columns.

        BadVariable for a value that cannot be put in, PromptTooLarge for a row that no budget has room for.
        """
        if self._is_empty(row):
            return None
        question = self._filled(row)
        asked = [Message("user", self.form.asked_for(question))]
        role = self.target.model.system_role
        found = lined_up(self.examples, asked, self.system, None, system_role=role)
        model = self.target.model
        if sum(len(message.content) for message in found) * _MOST_PER_CHARACTER <= model.input_tokens:
            return found  # counting takes longer than all the rest
        if (tokens := tokens_of(found)) > model.input_tokens:
            raise PromptTooLarge("prompt.too_large", tokens=tokens, limit=model.input_tokens, model=model.alias)
        return found

    def _shown(self, columns: Sequence[str]) -> str:
        """List names in a sentence; they are foreign text, and a file without a head has values there."""
        rest = ("…",) if len(columns) > _MOST_COLUMNS else ()
        return self.screen(listed((*map(_printable, columns[:_MOST_COLUMNS]), *rest)))

    @cached_property
    def _names(self) -> tuple[str, ...]:
        return self.template.names

    @cached_property
    def _keys(self) -> tuple[str, ...] | None:
        """The columns that are named as `row["any name"]`; None where the whole row is put in."""
        return self.template.items(ROW)

    def _is_empty(self, row: Mapping[str, object]) -> bool:
        """Tell whether there is nothing in any column that is put in."""
        named = [name for name in self._names if name != ROW or name in row]
        keys = () if ROW in row else tuple(row) if self._keys is None else self._keys
        return all(_is_nothing(row[_column(row, name)]) for name in (*named, *keys))

    def _filled(self, row: Mapping[str, object]) -> str:
        wide = {name: row[_column(row, name)] for name in self._names if name not in row and name != ROW}
        try:
            return self.template.filled({ROW: _Row(row), **row, **wide}, _plain, self.screen).text
        except BadVariable as failure:
            failure.detail = self.screen(failure.detail)  # it may quote the value
            raise


class _Row(dict[str, object]):
    """A row as the template has it; columns that are called by numbers are found by these, too."""

    def __missing__(self, key: object) -> object:
        if isinstance(key, int) and str(key) in self:
            return self[str(key)]
        raise KeyError(key)


def tokens_of(messages: Iterable[Message]) -> int:
    """Return about how many tokens these are."""
    return TokenScale().tokens(sum(estimate(message.content) for message in messages))


def _as_written(column: str) -> str:
    """Return a column's name as an expression has it: Python takes `ＡＢ` for `AB`."""
    return column if column.isascii() else unicodedata.normalize("NFKC", column)


def _column(row: Mapping[str, object], name: str) -> str:
    """Return the column that is meant by a name."""
    return name if name in row else next(column for column in row if _as_written(column) == name)


def _printable(name: str) -> str:
    return "".join(c if c.isprintable() else " " for c in name[:_MOST_OF_NAME])


def _is_nothing(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _plain(value: object) -> str:
    """Return a value as it stands in a question: a column of whole numbers with gaps is one of floats to pandas."""
    if value is None:
        return ""
    whole = type(value) is float and value.is_integer() and abs(value) < _MOST_EXACT
    return str(int(value) if whole else value)  # type: ignore[call-overload]  # a float
