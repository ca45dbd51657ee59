"""Untrusted model text, made safe: Markdown to HTML, anything to control-free plain text.

Nothing foreign (markdown-it, nh3, Pygments) is imported before the first call that needs it.
"""

from spark_magic.render.fenced import fenced
from spark_magic.render.plain import to_plain

__all__ = ["fenced", "fences", "finished_length", "open_fence", "to_html", "to_link", "to_plain"]


def to_html(markdown: str) -> str:
    """Safe HTML of a Markdown text, which may be unfinished.

    Any text and any prefix of it gives well-formed HTML in which nothing runs, loads or styles the page: no
    scripts, images, forms, ids or foreign classes; links go to http, https and mailto only. Formulas stay as
    `$…$` and `$$…$$` for the frontend to typeset; every other dollar is kept away from its typesetter.
    Text that would take too long to parse comes back as preformatted text. Raises nothing.
    """
    from spark_magic.render.page import page  # noqa: PLC0415 - the first call pays for markdown-it

    return page(markdown)


def to_link(title: str, url: str) -> str:
    """Safe HTML of one link named `title`, with its true host behind it; http, https and mailto only.

    The title alone where `url` is anything else, the host where there is no title. Neither may be a formula: put it
    where the frontend typesets none. Raises nothing.
    """
    from spark_magic.render.links import link  # noqa: PLC0415 - as above

    return link(title, url)


def fences(markdown: str) -> list[tuple[str, str]]:
    """Return (language, code) of each fenced block in order; an open last one included.

    The code is the model's own text, not made safe. None of a text that would take too long to parse.
    """
    from spark_magic.render.fences import fences as found  # noqa: PLC0415 - as above

    return found(markdown)


def finished_length(markdown: str) -> int:
    """Count the characters at the start that are finished blocks, which later text cannot change.

    All top-level blocks but the last are finished, and of a last list all items but the last. Then
    `to_html(text[:n])` and `to_html(text[n:])` look like the whole, except that link definitions do not reach
    over the cut and a loose list may turn tight. The number never shrinks while text is appended.
    """
    from spark_magic.render.blocks import finished_length as count  # noqa: PLC0415 - as above

    return count(markdown)


def open_fence(markdown: str) -> str | None:
    """Find the opening line (with its indent) of the code fence that `markdown` ends in, or None.

    Only a line that opens a fence when it stands alone is given back: one behind `- `, `> ` or an indent of
    four is None. A piece cut inside the fence needs no closing line: `to_html` closes what is open.
    """
    from spark_magic.render.blocks import open_fence as opening  # noqa: PLC0415 - as above

    return opening(markdown)
