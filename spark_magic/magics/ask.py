"""From the text of a cell to an answer on the screen."""

import argparse
from typing import Any

from ..answer import Answer
from ..conversation import Turn
from ..display import shown_here
from .compose import composed
from .dry_run import show_dry_run
from .request import Asked, Prompt, Request, request_of
from .state import State
from .watch import watched


def ask_in(shell: Any, state: State, text: str, options: argparse.Namespace) -> Answer | None:
    """Ask with the conversation and show the answer as it comes; None for a dry run.

    Raises SparkError, or SparkInterrupted for the user's own stop; nothing is remembered then, but for a stop that
    says that it came after the last frame.
    """
    return ask_prompt(shell, state, composed(shell, state, text, options), options)


def ask_prompt(
    shell: Any, state: State, prompt: Prompt, options: argparse.Namespace, *, instead_of: Turn | None = None
) -> Answer | None:
    """Ask with a prompt that is made already, in the place of a turn if one is named; otherwise as above."""
    request = request_of(shell, state, prompt, options, instead_of=instead_of)
    if options.dry_run:
        show_dry_run(request)
        return None
    answer = _answered(shell, state, prompt, options, request)
    if shell is not None:
        shown_here(shell, answer)
    return answer


def _answered(shell: Any, state: State, prompt: Prompt, options: argparse.Namespace, request: Request) -> Answer:
    """Show the answer; what came of it is noted, however it ended."""
    exchange = request.exchange()
    try:
        return watched(shell, request, exchange)
    finally:
        state.last[request.name] = Asked(prompt, options, request, exchange)
