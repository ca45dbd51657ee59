"""The code in an answer, as text for a cell."""

from typing import Final

from ..render import fences, to_plain

_PYTHON: Final = {"", "py", "python", "py3", "python3", "ipython", "ipython3"}


def python_code(text: str) -> str | None:
    """Return the fenced blocks that are Python, else all blocks, with an empty line between; None without any.

    Free of control characters and of what reads in another order than it runs: it is to be read before it is run.
    """
    blocks = fences(text)
    python = [code for language, code in blocks if language.lower() in _PYTHON]
    codes = [to_plain(code).strip("\n") for code in python or [code for _, code in blocks]]
    return "\n\n".join(filter(str.strip, codes)) or None
