"""A picture to ask about: from a file, bytes, a PIL image or a figure to the message that carries it.

Nothing here imports PIL or matplotlib before somebody hands over what is theirs.
"""

from .file import (
    LEAST_PIXELS,
    MOST_BYTES,
    MOST_PIXELS,
    MOST_SIDE,
    Picture,
    blank_picture,
    checked,
    measured,
    picture_in,
)
from .source import picture_of

__all__ = [
    "LEAST_PIXELS",
    "MOST_BYTES",
    "MOST_PIXELS",
    "MOST_SIDE",
    "Picture",
    "blank_picture",
    "checked",
    "measured",
    "picture_in",
    "picture_of",
]
