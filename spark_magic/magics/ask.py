"""From the text of a cell to an answer on the screen."""

import argparse
from typing import Any

from ..answer import Answer
from ..conversation import Further, Turn
from ..display import shown_here
from .background import ask_in_background
from .compare import compared, refuse_several, several
from .compose import composed
from .dry_run import show_dry_run
from .interrupt import held_back
from .pending import PendingAnswer
from .record import record
from .request import Asked, Prompt, Request, request_of
from .state import State
from .watch import watched


def ask_in(
    shell: Any, state: State, text: str, options: argparse.Namespace
) -> Answer | PendingAnswer | dict[str, Answer] | None:
    """Ask with the conversation and show the answer as it comes, or begin to; None for a dry run.

    Of several models it is a dict of their answers.

    Raises SparkError, or SparkInterrupted for the user's own stop; nothing is remembered then, but for a stop that
    says that it came after the last frame.
    """
    if several(options):
        return compared(shell, state, text, options)
    return ask_prompt(shell, state, composed(shell, state, text, options), options)


def ask_prompt(  # noqa: PLR0913  # what a request is made of
    shell: Any,
    state: State,
    prompt: Prompt,
    options: argparse.Namespace,
    *,
    instead_of: Turn | None = None,
    further: Further | None = None,
) -> Answer | PendingAnswer | None:
    """Ask with a prompt that is made already; otherwise as above.

    In the place of a turn if one is named, and to go `further` with an answer if there is one.
    """
    refuse_several(options)
    request = request_of(shell, state, prompt, options, instead_of=instead_of, further=further)
    if options.dry_run:
        show_dry_run(request)
        return None
    if options.background:
        return ask_in_background(shell, state, prompt, options, request)
    answer = _answered(shell, state, prompt, options, request)
    if shell is not None:
        shown_here(shell, answer)
    for note in (*state.take_spent_note(), *state.shelf.take_notes()):
        print(note)  # noqa: T201  # right below the answer: the cell that crossed the line
    return answer


def _answered(shell: Any, state: State, prompt: Prompt, options: argparse.Namespace, request: Request) -> Answer:
    """Show the answer; what came of it is noted, however it ended."""
    exchange = request.exchange()
    try:
        return watched(shell, request, exchange)
    finally:
        with held_back():
            state.last[request.name] = Asked(prompt, options, request.plan, exchange)
            record(state, request, exchange)
            state.keep(request.name)
