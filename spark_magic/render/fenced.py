"""A text as a code block of a Markdown text."""

import re
from typing import Final

_LEAST: Final = 3  # backticks that make a fence


def fenced(text: str, language: str = "") -> str:
    """Return the text in a fence that nothing in it can close."""
    longest = max(map(len, re.findall("`+", text)), default=0)
    fence = "`" * max(_LEAST, longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"
