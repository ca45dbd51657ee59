"""Several answers beside each other in their final form: safe HTML that wraps in a narrow window, and clean text."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import Any, Final, Protocol

from ..answer import Answer
from ..events import Event
from ..messages import say
from ..render import to_plain
from .facts import Facts, Outcome, footer, metadata
from .static import bundle, notes_html, page, parts
from .style import COLUMN, COLUMNS, HEAD, QUIET
from .table import width

_WIDEST_RULE: Final = 79


@dataclass(frozen=True, slots=True)
class Column:
    """One model's answer, or what there is of it."""

    facts: Facts
    answer: Answer
    outcome: Outcome


class ColumnsView(Protocol):
    """Several answers on the screen, by number from 0; all from one thread."""

    def take(self, number: int, event: Event) -> None:
        """Show an event of one, at once or with the next update."""
        ...

    def tick(self) -> None:
        """Show that time goes by."""
        ...

    def end(self, number: int, answer: Answer, outcome: Outcome, problem: tuple[str, ...] = ()) -> None:
        """Note how one has ended, once for each; `problem` has the lines of its error."""
        ...

    def close(self) -> None:
        """Put the final, static form in place, when all have ended."""
        ...


def columns_bundle(columns: Sequence[Column]) -> dict[str, str]:
    """Return `text/html` with the answers side by side, and `text/plain` with one below the other."""
    shared, own = _parted(columns)
    answers = [column.answer for column in columns]
    head = title_html(len(columns), say("label.seconds", seconds=max(a.seconds for a in answers)), answers)
    cells = "".join(f'<div style="{COLUMN}">{column_html(column)}</div>' for column in own)
    html = page(notes_html(shared), head, f'<div style="{COLUMNS}">{cells}</div>')
    return {"text/html": html, "text/plain": "\n\n".join(filter(None, ["\n".join(shared), *map(_text, own)]))}


def columns_metadata(columns: Sequence[Column]) -> dict[str, Any]:
    """Return what the saved output says of itself: under `compared` that of each answer."""
    return {"spark_magic": {"compared": [metadata(c.facts, c.answer, c.outcome)["spark_magic"] for c in columns]}}


def column_html(column: Column) -> str:
    """Return what stands in one column."""
    return "".join(parts(column.facts, column.answer, column.outcome, heading=True))


def title_html(count: int, seconds: str, answers: Sequence[Answer] = ()) -> str:
    """Return the line above all columns: how many, how long, and the tokens of all answers together."""
    usages = [answer.usage for answer in answers if answer.usage is not None]
    title = [say("label.models", count=count), seconds]
    if usages:
        prompt, completion = sum(u.prompt_tokens for u in usages), sum(u.completion_tokens for u in usages)
        title.append(say("label.tokens", prompt=prompt, completion=completion))
    return f'<div style="{QUIET};{HEAD}">{escape(" · ".join(title))}</div>'


def shared_notes(facts: Sequence[Facts]) -> tuple[str, ...]:
    """Return the notes that all of them have: they are about the question."""
    return tuple(note for note in facts[0].notes if all(note in other.notes for other in facts))


def without(facts: Facts, notes: tuple[str, ...]) -> Facts:
    """Return them without these notes."""
    return replace(facts, notes=tuple(note for note in facts.notes if note not in notes))


def _parted(columns: Sequence[Column]) -> tuple[tuple[str, ...], list[Column]]:
    """Take out the notes that all columns share."""
    shared = shared_notes([column.facts for column in columns])
    return shared, [replace(column, facts=without(column.facts, shared)) for column in columns]


def _text(column: Column) -> str:
    """Return one answer under its heading."""
    facts, answer, outcome = column.facts, column.answer, column.outcome
    heading = heading_text(footer(facts, answer, outcome))
    return "\n".join(filter(None, [heading, *facts.notes, bundle(facts, answer, outcome)["text/plain"]]))


def heading_text(text: str) -> str:
    """Return a line with a rule below it."""
    line = to_plain(text)
    return f"{line}\n{'-' * min(width(line), _WIDEST_RULE)}"
