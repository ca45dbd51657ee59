"""A Markdown text as a page of safe HTML."""

from markdown_it.common.utils import escapeHtml

from spark_magic.render.limits import CostError, new_budget
from spark_magic.render.parser import page_parser
from spark_magic.render.plain import to_plain
from spark_magic.render.sanitizer import sanitized


def page(markdown: str) -> str:
    """Safe HTML of `markdown`; the text itself, preformatted, when parsing it costs too much."""
    text = to_plain(markdown)
    try:
        html = str(page_parser().render(text, new_budget(text)))
    except (CostError, RecursionError):
        html = f"<pre>{escapeHtml(text)}</pre>\n"
    return sanitized(html)
