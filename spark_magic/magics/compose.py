"""From the text of a cell to the prompt."""

import argparse
from typing import Any

from .request import Prompt
from .state import State


def composed(shell: Any, state: State, text: str, options: argparse.Namespace) -> Prompt:  # noqa: ARG001  # the next commits'
    """Return the prompt."""
    return Prompt(text.strip("\n"))
