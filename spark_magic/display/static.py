"""The final form of an answer: a bundle of safe HTML and clean text that the saved notebook keeps."""

from html import escape

from ..answer import Answer
from ..messages import say
from ..render import to_html, to_plain
from .body import body_html
from .facts import Facts, Outcome, ending, footer
from .sources import sources_html, sources_text
from .style import FINAL_STYLE, HEAD, INSIDE, MARK, NO_FORMULAS, NOTE, QUIET, REASONING, SUMMARY


def bundle(facts: Facts, answer: Answer, outcome: Outcome) -> dict[str, str]:
    """Return `text/html` and `text/plain`; never `text/markdown`, which a frontend would render unchecked."""
    problem = to_plain("\n".join(facts.problem))
    text = "\n\n".join(filter(None, (plain(answer, outcome, facts.go_on), problem, sources_text(answer.references))))
    return {"text/html": html(facts, answer, outcome), "text/plain": text}


def plain(answer: Answer, outcome: Outcome = Outcome.COMPLETE, go_on: str = "") -> str:
    """Return the text without control characters, marked where it is not complete."""
    text = to_plain(str(answer))
    how = to_plain(ending(answer, outcome, go_on))
    return "\n".join(filter(None, (text, how and f"[{how}]")))


def html(facts: Facts, answer: Answer, outcome: Outcome) -> str:
    """Return an answer's whole page."""
    return page(*parts(facts, answer, outcome))


def parts(facts: Facts, answer: Answer, outcome: Outcome, *, heading: bool = False) -> tuple[str, ...]:
    """Return notes, the line about the answer where the live view had its status, folded reasoning, and the answer.

    The line is a heading where several answers stand beside each other.
    """
    how = ending(answer, outcome, facts.go_on)
    line = line_html(footer(facts, answer, outcome), facts, heading=heading)
    head = f'<div style="{MARK if how else QUIET};{HEAD}">{line}</div>'
    end = f'<div style="{MARK}">[{escape(how)}]</div>' if how and answer else ""
    sources = sources_html(answer.references)
    about = (end, problem_html(facts.problem), sources)
    return (notes_html(facts.notes), head, reasoning_html(answer.reasoning), _text(answer, outcome), *about)


def answer_html(answer: Answer) -> str:
    """Return the answer alone, for a cell that shows it again."""
    return page(reasoning_html(answer.reasoning), _text(answer), sources_html(answer.references))


def page(*content: str) -> str:
    """Return what all of our HTML stands in."""
    return f'<div class="spark-magic">{FINAL_STYLE}{"".join(content)}</div>'


def _text(answer: Answer, outcome: Outcome = Outcome.COMPLETE) -> str:
    """Return the answer in a part of its own: a heading it begins with is the first there, and it stays inside."""
    complete = outcome in (Outcome.COMPLETE, Outcome.FLAGGED)
    return f'<div style="{INSIDE}">{body_html(str(answer), answer.form, complete=complete)}</div>'


def line_html(line: str, facts: Facts, *, heading: bool) -> str:
    """Return a line about an answer, which begins with its model; of a heading that is to be seen first."""
    strong = facts.model if heading else ""
    return (f"<strong>{escape(strong)}</strong>" if strong else "") + escape(line.removeprefix(strong))


def notes_html(notes: tuple[str, ...]) -> str:
    """Return the notes to the user."""
    return "".join(f'<div class="{NO_FORMULAS}" style="{NOTE}">{escape(note)}</div>' for note in notes)


def problem_html(lines: tuple[str, ...]) -> str:
    """Return the lines of an error, the first one to be seen at once."""
    styles = (f"{MARK};margin-top:.5em", *[NOTE] * len(lines))
    parts = (f'<div style="{style}">{escape(to_plain(line))}</div>' for line, style in zip(lines, styles, strict=False))
    return f'<div class="{NO_FORMULAS}">{"".join(parts)}</div>' if lines else ""


def summary_html() -> str:
    """Return what one clicks on to see the reasoning."""
    return f'<summary style="{SUMMARY}">{escape(say("label.reasoning"))}</summary>'


def reasoning_html(reasoning: str) -> str:
    """Return the folded section, or nothing for a model that did not think aloud."""
    if not reasoning:
        return ""
    return f'<details>{summary_html()}<div style="{REASONING};{INSIDE}">{to_html(reasoning)}</div></details>'
