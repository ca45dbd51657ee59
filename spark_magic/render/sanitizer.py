"""The second barrier: whatever Markdown made, only these elements, attributes and schemes pass."""

import functools
import re

import nh3

_HEADINGS = {f"h{level}" for level in range(1, 7)}
_TAGS = _HEADINGS | set(
    "a blockquote br code del div em hr li ol p pre s span strong table tbody td th thead tr ul".split()  # noqa: SIM905 - words read better than quotes
)
_ATTRIBUTES = {"a": {"href"}, "ol": {"start"}, "span": {"style"}, "td": {"style"}, "th": {"style"}}
# Of a style nothing but what our own tables and code have: a colour may be `var(--x, url(…))`, which would load.
_COLOUR = r"color:var\(--jp-mirror-editor-[a-z0-9-]+\)"
_RULE = rf"(?:{_COLOUR}|font-weight:bold|font-style:italic|text-align:(?:left|right|center))"
_STYLE = re.compile(rf"{_RULE}(?:;{_RULE})*\Z")
_CLASSES = {"span": {"mathjax_ignore", "tex2jax_ignore"}}


@functools.cache
def _cleaner() -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        allowed_classes=_CLASSES,
        attribute_filter=_filtered,
        url_schemes={"http", "https", "mailto"},
        url_relative="deny",
        set_tag_attribute_values={"a": {"target": "_blank"}},
        link_rel="noopener noreferrer",
    )


def _filtered(_tag: str, name: str, value: str) -> str | None:
    return value if name != "style" or _STYLE.match(value) else None


def sanitized(html: str) -> str:
    """`html` reduced to the allow-list, and well-formed."""
    return _cleaner().clean(html)
