"""From a prompt to an answer on the screen."""

import argparse
import sys
from contextlib import closing
from dataclasses import replace
from typing import Any

from ..address import shown_address
from ..answer import Answer
from ..auth import check_address
from ..client import Client, checked_parameters
from ..config.file import config_file
from ..conversation import Conversation, Exchange, Plan
from ..credentials import Credentials, find_credentials
from ..display import open_view, shown_here
from ..display.facts import Facts, Outcome
from ..errors import Moderated, SparkError, SparkInterrupted
from ..messages import say
from ..models import SANDBOX_ALIAS
from ..target import Target
from .interrupt import Interrupt, interrupted_by
from .parsers import given
from .state import State


def ask_in(shell: Any, state: State, prompt: str, options: argparse.Namespace) -> Answer | None:
    """Ask with the conversation and show the answer as it comes; None for a dry run.

    Raises SparkError, or SparkInterrupted for the user's own stop; nothing is remembered then, but for a stop that
    says that it came after the last frame.
    """
    settings, history = state.magics, not options.no_history
    target = settings.target(options.model or "", **given(options, "temperature", "top_k", "max_tokens"))
    sent = _sent(target)
    credentials = None
    if not options.dry_run:
        target, credentials = ready(state, target)
    client = Client(target, credentials, clock=state.clock)
    system = settings.system if options.system is None else options.system
    cell = state.cell(shell) if shell is not None and history else None
    plan = state.conversation.plan(client, prompt.strip("\n"), system=system, cell=cell, history=history)
    if options.dry_run:
        _show_plan(target, sent, plan)
        return None
    facts = Facts(target.model.alias, sent, _notes(state.conversation, target, plan), plan.remembered)
    exchange = state.conversation.ask(client, plan)
    answer = _watch(shell, facts, exchange)
    if shell is not None:
        shown_here(shell, answer)
    return answer


def ready(state: State, target: Target) -> tuple[Target, Credentials]:
    """Find the credentials, for an address they may go to; start the sandbox where that is the model.

    ConfigurationError, before anything is shown or sent.
    """
    if target.model.alias == SANDBOX_ALIAS:
        model, credentials = state.at_sandbox(target.model)
        return replace(target, model=model), credentials
    check_address(target.model.url, target.allowed_hosts, file=str(config_file()))
    return target, find_credentials()


def _watch(shell: Any, facts: Facts, exchange: Exchange) -> Answer:
    """Show the answer as it comes. An interrupt stops the stream, and is raised when all is put away."""
    with interrupted_by(exchange.stop) as interrupt:
        try:
            answer = _show(shell, facts, exchange, interrupt)
        except Moderated:
            raise
        except (SparkError, KeyboardInterrupt):
            if not interrupt.came:
                raise
    if interrupt.came:
        raise SparkInterrupted(complete=exchange.answer is not None and not exchange.moderated)
    return answer


def _show(shell: Any, facts: Facts, exchange: Exchange, interrupt: Interrupt) -> Answer:
    """Show the events until the last one; whatever ends them early leaves the partial answer, marked."""
    view = open_view(shell, facts)
    problem: BaseException | None = None
    try:
        with closing(iter(exchange)) as events:
            for event in events:
                view.take(event)
    except BaseException as early:
        problem = early
        raise
    finally:
        outcome = _outcome(exchange, problem, stopped=interrupt.came)
        answer = exchange.so_far() if exchange.answer is None else exchange.answer  # a complete one may be empty
        if outcome is Outcome.WITHDRAWN:
            answer = Answer(model=answer.model, seconds=answer.seconds)
        view.finish(answer, outcome)
        sys.stdout.flush()  # ipykernel loses the reply of a cell that is interrupted while it flushes
    return answer


def _outcome(exchange: Exchange, problem: BaseException | None, *, stopped: bool) -> Outcome:
    """Tell how it ended; what moderation withdraws is not to be seen any more."""
    if isinstance(problem, Moderated) and (exchange.text or exchange.reasoning):
        return Outcome.WITHDRAWN
    if exchange.answer is not None:
        return Outcome.FLAGGED if exchange.moderated else Outcome.COMPLETE
    return Outcome.STOPPED if stopped or isinstance(problem, KeyboardInterrupt) else Outcome.FAILED


def _sent(target: Target) -> dict[str, Any]:
    """Return the parameters that go over the wire; ConfigurationError for one out of range."""
    sent = checked_parameters(target.model, target.parameters)
    return {name: value for name in sent.__dataclass_fields__ if (value := getattr(sent, name)) is not None}


def _notes(conversation: Conversation, target: Target, plan: Plan) -> tuple[str, ...]:
    """Return what the user should know about this request."""
    model, max_tokens = target.model, target.parameters.max_tokens
    left_out = conversation.newly_left_out(plan)
    notes = {
        say("note.system_in_question", model=model.alias): plan.system_in_question,
        say("note.left_out.one" if left_out == 1 else "note.left_out", count=left_out): left_out,
        say("note.replaces", number=plan.replaces): plan.replaces,
        say("note.max_tokens", limit=model.output_tokens): max_tokens is not None and max_tokens > model.output_tokens,
        say("note.retired", model=model.alias): model.retired,
    }
    return tuple(note for note, wanted in notes.items() if wanted)


def _show_plan(target: Target, sent: dict[str, Any], plan: Plan) -> None:
    """Show what would be sent."""
    from ..display.table import show_table  # noqa: PLC0415  # a dry run is rare

    rows = [(message.role, message.content) for message in plan.messages]
    parameters = ", ".join(f"{name} {value}" for name, value in sent.items()) or say("label.server_defaults")
    title = say(
        "dry_run.title",
        model=target.model.alias,
        url=shown_address(target.model.url),
        sent=parameters,
        tokens=plan.tokens,
    )
    show_table((say("label.role"), say("label.content")), rows, title)
