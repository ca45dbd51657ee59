"""A conversation as a text to be read: Markdown for files, safe HTML for the notebook."""

import re
from collections.abc import Sequence
from html import escape
from typing import Final

from ..conversation import Turn
from ..display.sources import sources_text
from ..display.static import answer_html
from ..display.style import HEAD, NO_FORMULAS, QUIET, REASONING
from ..messages import say
from ..render import open_fence, to_plain

MARK: Final = "<!-- spark_magic"  # how such a Markdown file begins
_FENCE: Final = re.compile(r" *(`{3,}|~{3,})")
_QUESTION: Final = f"{REASONING};white-space:pre-wrap;overflow-wrap:anywhere"


def cell_of(turn: Turn) -> str:
    """Name the cell a turn was asked from, as the notebook does; nothing where that is not known."""
    return f"In [{turn.execution_count}]" if turn.execution_count else ""


def markdown_of(name: str, turns: Sequence[Turn]) -> str:
    """Return the conversation as Markdown: questions quoted, answers as they are."""
    parts = [f"{MARK} -->", f"# {name}", *(_turn(number, turn) for number, turn in enumerate(turns, start=1))]
    return "\n\n".join(parts) + "\n"


def _turn(number: int, turn: Turn) -> str:
    question = "\n".join(f"> {line}".rstrip() for line in _question(turn).split("\n"))
    answer = str(turn.answer)
    fence = _FENCE.match(open_fence(answer) or "")
    closed = f"{answer}\n{fence[1]}" if fence else answer
    sources = sources_text(turn.answer.references).replace("\n", "\n\n")
    return "\n\n".join(filter(None, (f"## {_head(number, turn)}", question, closed, sources, _facts(turn))))


def _question(turn: Turn) -> str:
    picture = [say("label.with_picture")] if turn.picture is not None else []
    return "\n".join([*picture, turn.question])


def _head(number: int, turn: Turn) -> str:
    return " · ".join(filter(None, (str(number), cell_of(turn))))


def _facts(turn: Turn) -> str:
    usage = turn.answer.usage
    parts = [turn.answer.model, say("label.seconds", seconds=turn.answer.seconds)]
    if usage is not None:
        parts.append(say("label.tokens", prompt=usage.prompt_tokens, completion=usage.completion_tokens))
    return f"({' · '.join(filter(None, parts))})"


def html_of(turns: Sequence[Turn]) -> str:
    """Return it as safe HTML; each turn for itself, so that nothing one leaves open reaches the next."""
    return "".join(_turn_html(number, turn) for number, turn in enumerate(turns, start=1))


def _turn_html(number: int, turn: Turn) -> str:
    head = _text_html(f"{_head(number, turn)} {_facts(turn)}", f"{QUIET};{HEAD}")
    return head + _text_html(_question(turn), _QUESTION) + answer_html(turn.answer)


def _text_html(text: str, style: str) -> str:
    return f'<div class="{NO_FORMULAS}" style="{style}">{escape(to_plain(text))}</div>'
