"""How the text of an answer is laid out, by the format it was asked for in: Markdown, or as it stands."""

from contextlib import suppress
from html import escape
from typing import Final

from ..formats import Invalid, pretty_json
from ..render import fenced, to_html, to_plain
from .style import NO_FORMULAS

_AS_IT_STANDS: Final = "white-space:pre-wrap;overflow-wrap:anywhere"
_FENCE: Final = "```"
_SOURCE: Final = ("json", "html")  # formats whose text is source code of that name


def body_html(text: str, format: str, *, complete: bool = True) -> str:  # noqa: A002  # the option's name
    """Return the text as safe HTML; `complete` JSON is laid out for reading, if it is any."""
    if format == "json" and complete:
        with suppress(Invalid):
            text = fenced(pretty_json(text), format)
    if as_markdown(text, format):
        return to_html(text)
    if format in _SOURCE:  # the colours of JSON that is none are 20 times the text
        return to_html(fenced(text, "" if format == "json" else format))
    return f'<pre class="{NO_FORMULAS}" style="{_AS_IT_STANDS}">\n{escape(to_plain(text))}</pre>'


def as_markdown(text: str, format: str) -> bool:  # noqa: A002  # as above
    """Tell whether it is laid out as Markdown; source code is, where the model has put it into a fence itself.

    Of a text that grows the first letters tell, once there are three of them.
    """
    if format in _SOURCE:
        return text.lstrip().startswith(_FENCE)
    return format != "text"
