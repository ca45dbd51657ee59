"""The final form of an answer: a bundle of safe HTML and clean text that the saved notebook keeps."""

from html import escape

from ..answer import Answer
from ..messages import say
from ..render import to_html, to_plain
from .facts import Facts, Outcome, footer
from .sources import sources_html, sources_text
from .style import FINAL_STYLE, HEAD, INSIDE, MARK, NOTE, QUIET, REASONING, SUMMARY


def bundle(facts: Facts, answer: Answer, outcome: Outcome) -> dict[str, str]:
    """Return `text/html` and `text/plain`; never `text/markdown`, which a frontend would render unchecked."""
    text = "\n\n".join(filter(None, (plain(answer, outcome), sources_text(answer.references))))
    return {"text/html": html(facts, answer, outcome), "text/plain": text}


def plain(answer: Answer, outcome: Outcome = Outcome.COMPLETE) -> str:
    """Return the text without control characters, marked where it is not complete."""
    text = to_plain(str(answer))
    mark = "" if outcome is Outcome.COMPLETE else f"[{say(f'label.{outcome.value}')}]"
    return "\n".join(filter(None, (text, mark)))


def html(facts: Facts, answer: Answer, outcome: Outcome) -> str:
    """Return notes, the line about the answer where the live view had its status, folded reasoning, and the answer."""
    complete = outcome is Outcome.COMPLETE
    head = f'<div style="{QUIET if complete else MARK};{HEAD}">{escape(footer(facts, answer, outcome))}</div>'
    end = "" if complete or not answer else f'<div style="{MARK}">[{escape(say(f"label.{outcome.value}"))}]</div>'
    sources = sources_html(answer.references)
    return _page(notes_html(facts.notes), head, reasoning_html(answer.reasoning), _text(answer), end, sources)


def answer_html(answer: Answer) -> str:
    """Return the answer alone, for a cell that shows it again."""
    return _page(reasoning_html(answer.reasoning), _text(answer), sources_html(answer.references))


def _page(*parts: str) -> str:
    return f'<div class="spark-magic">{FINAL_STYLE}{"".join(parts)}</div>'


def _text(answer: Answer) -> str:
    """Return the answer in a part of its own: a heading it begins with is the first there, and it stays inside."""
    return f'<div style="{INSIDE}">{to_html(str(answer))}</div>'


def notes_html(notes: tuple[str, ...]) -> str:
    """Return the notes to the user."""
    return "".join(f'<div style="{NOTE}">{escape(note)}</div>' for note in notes)


def summary_html() -> str:
    """Return what one clicks on to see the reasoning."""
    return f'<summary style="{SUMMARY}">{escape(say("label.reasoning"))}</summary>'


def reasoning_html(reasoning: str) -> str:
    """Return the folded section, or nothing for a model that did not think aloud."""
    if not reasoning:
        return ""
    return f'<details>{summary_html()}<div style="{REASONING};{INSIDE}">{to_html(reasoning)}</div></details>'
