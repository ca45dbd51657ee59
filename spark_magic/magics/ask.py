"""From a prompt to an answer on the screen."""

import argparse
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
from ..display.view import View
from ..errors import SparkInterrupted
from ..messages import say
from ..models import SANDBOX_ALIAS
from ..target import Target
from .interrupt import held_back
from .parsers import given
from .state import State


def ask_in(shell: Any, state: State, prompt: str, options: argparse.Namespace) -> Answer | None:
    """Ask with the conversation and show the answer as it comes; None for a dry run.

    Raises SparkError, or SparkInterrupted for the user's own stop; either way nothing is remembered.
    """
    settings, history = state.magics, not options.no_history
    target = settings.target(options.model or "", **given(options, "temperature", "top_k", "max_tokens"))
    sent = _sent(target)
    credentials = None
    if not options.dry_run:
        target, credentials = ready(state, target)
    client = Client(target, credentials)
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
    """Show the events until the last one; whatever ends them early leaves the partial answer, marked."""
    view: View | None = None
    stopped = False
    try:
        with held_back():
            view = open_view(shell, facts)
        with closing(iter(exchange)) as events:  # type: ignore[type-var]  # a generator has close()
            for event in events:
                view.take(event)
    except KeyboardInterrupt:
        stopped = True
    except BaseException:
        _finish(view, exchange.so_far(), Outcome.FAILED)
        raise
    complete = exchange.answer is not None
    answer = exchange.so_far() if exchange.answer is None else exchange.answer  # a complete one may be empty
    try:
        _finish(view, answer, Outcome.COMPLETE if complete else Outcome.STOPPED)
    except KeyboardInterrupt:
        stopped = True
    if stopped:
        raise SparkInterrupted(complete=complete)
    return answer


def _finish(view: View | None, answer: Answer, outcome: Outcome) -> None:
    """Put the final form in place, all of it: an interrupt waits for that."""
    with held_back():
        if view is not None:
            view.finish(answer, outcome)


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
