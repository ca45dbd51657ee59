"""From the text of a cell to an answer on the screen."""

import argparse
from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError

from ..answer import Answer
from ..conversation import Further, Turn
from ..display import shown_here
from ..errors import ConversationBusy
from ..messages import say
from .compose import composed
from .interrupt import held_back
from .record import record
from .request import Asked, Prompt, Request, request_of
from .state import State
from .watch import watched

if TYPE_CHECKING:
    from .pending import PendingAnswer


def ask_in(
    shell: Any, state: State, text: str, options: argparse.Namespace
) -> "Answer | PendingAnswer | dict[str, Answer] | None":
    """Ask with the conversation and show the answer as it comes, or begin to; None for a dry run.

    Of several models it is a dict of their answers.

    Raises SparkError, or SparkInterrupted for the user's own stop; nothing is remembered then, but for a stop that
    says that it came after the last frame.
    """
    if _several(options):
        from .compare import compared  # noqa: PLC0415  # few questions go to several models

        return compared(shell, state, text, options)
    return ask_prompt(shell, state, composed(shell, text, options), options)


def ask_prompt(  # noqa: PLR0913  # what a request is made of
    shell: Any,
    state: State,
    prompt: Prompt,
    options: argparse.Namespace,
    *,
    instead_of: Turn | None = None,
    further: Further | None = None,
) -> "Answer | PendingAnswer | None":
    """Ask with a prompt that is made already; otherwise as above.

    In the place of a turn if one is named, and to go `further` with an answer if there is one. UsageError for several
    models.
    """
    if _several(options):
        raise UsageError(say("usage.one_at_a_time", option="--continue"))
    request = request_of(shell, state, prompt, options, instead_of=instead_of, further=further)
    if options.dry_run:
        from .dry_run import show_dry_run  # noqa: PLC0415  # as above: the rare ways are loaded where they are gone

        show_dry_run(request)
        return None
    if options.background:
        from .background import ask_in_background  # noqa: PLC0415  # as above

        return ask_in_background(shell, state, prompt, options, request)
    answer = _answered(shell, state, prompt, options, request)
    if shell is not None:
        shown_here(shell, answer)
    for note in state.take_notes():
        print(note)  # noqa: T201  # right below the answer: the cell that crossed the line
    return answer


def _several(options: argparse.Namespace) -> bool:
    """Tell whether the options are about more models than one."""
    return "," in (options.model or "") or options.keep is not None


def _answered(shell: Any, state: State, prompt: Prompt, options: argparse.Namespace, request: Request) -> Answer:
    """Show the answer; what came of it is noted, however it ended."""
    exchange = request.exchange()
    busy = False
    try:
        return watched(shell, request, exchange)
    except ConversationBusy:
        busy = True  # nothing was asked: the last question is the one that is being answered
        raise
    finally:
        if not busy:
            with held_back():
                state.last[request.name] = Asked(prompt, options, request.plan, exchange)
                record(state, request, exchange)
                state.keep(request.name)
