"""The final form of an answer: a bundle of safe HTML and clean text that the saved notebook keeps."""

from html import escape
from typing import Final

from ..answer import Answer
from ..messages import say
from ..render import to_html, to_plain
from .facts import Facts, Outcome, footer

_QUIET: Final = "color:var(--jp-ui-font-color2,#757575);font-size:85%"
_MARK: Final = "color:var(--jp-warn-color0,#b26a00);font-size:85%"


def bundle(facts: Facts, answer: Answer, outcome: Outcome) -> dict[str, str]:
    """Return `text/html` and `text/plain`; never `text/markdown`, which a frontend would render unchecked."""
    return {"text/html": html(facts, answer, outcome), "text/plain": plain(answer, outcome)}


def plain(answer: Answer, outcome: Outcome = Outcome.COMPLETE) -> str:
    """Return the text without control characters, marked where it is not complete."""
    text = to_plain(str(answer))
    return text if outcome is Outcome.COMPLETE else f"{text}\n[{say(f'label.{outcome.value}')}]"


def html(facts: Facts, answer: Answer, outcome: Outcome) -> str:
    """Return notes, folded reasoning, the answer and its footer."""
    style = _QUIET if outcome is Outcome.COMPLETE else _MARK
    parts = [
        *(note_html(note) for note in facts.notes),
        reasoning_html(answer.reasoning),
        to_html(str(answer)),
        f'<div style="{style};margin-top:.4em">{escape(footer(facts, answer, outcome))}</div>',
    ]
    return f'<div class="spark-magic">{"".join(parts)}</div>'


def answer_html(answer: Answer) -> str:
    """Return the answer alone, for a cell that shows it again."""
    return f'<div class="spark-magic">{reasoning_html(answer.reasoning)}{to_html(str(answer))}</div>'


def note_html(note: str) -> str:
    """Return one note to the user."""
    return f'<div style="{_QUIET};margin-bottom:.4em">{escape(note)}</div>'


def reasoning_html(reasoning: str) -> str:
    """Return the folded section, or nothing for a model that did not think aloud."""
    if not reasoning:
        return ""
    return (
        f'<details style="margin-bottom:.6em"><summary style="{_QUIET};cursor:pointer">'
        f"{escape(say('label.reasoning'))}</summary>"
        f'<div style="{_QUIET};border-left:2px solid var(--jp-border-color1,#bdbdbd);padding-left:.8em">'
        f"{to_html(reasoning)}</div></details>"
    )
