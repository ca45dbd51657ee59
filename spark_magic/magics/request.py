"""From a prompt and the options to one request: who is asked, in which conversation, with what."""

import argparse
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ..auth import check_address
from ..client import Client, checked_parameters, unknown_to
from ..config.file import config_file
from ..config.settings import PARAMETERS
from ..conversation import Conversation, Exchange, Further, Plan, Turn, judge_of
from ..credentials import Credentials, find_credentials
from ..display.facts import Facts
from ..events import Message
from ..formats import PLAIN_FORM, Form
from ..messages import listed, say
from ..models import SANDBOX_ALIAS
from ..target import Target
from .examples import examples_in
from .parsers import given
from .state import DEFAULT_NAME, State

if TYPE_CHECKING:
    from .cached import Cache


@dataclass(frozen=True)
class Prompt:
    """What is asked, all variables put in: the text, the picture it is about, and notes on how it came about.

    The text ends with the sentence that asks for the `form`.
    """

    text: str
    picture: Message | None = None
    notes: tuple[str, ...] = ()
    form: Form = PLAIN_FORM


@dataclass(frozen=True)
class Request:
    """One question ready to be sent; `sent` has the parameters on the wire, `cache` is there for `--cache`."""

    name: str
    conversation: Conversation
    target: Target
    client: Client
    plan: Plan
    sent: dict[str, Any]
    facts: Facts
    form: Form = PLAIN_FORM
    cache: "Cache | None" = None

    def exchange(self) -> Exchange:
        """Return a new exchange of it; nothing is sent yet."""
        return self.conversation.ask(self.client, self.plan, form=self.form.format, judge=judge_of(self.form))


@dataclass(frozen=True)
class Asked:
    """What was asked last in a conversation, and what came of it: for asking again and for going on."""

    prompt: Prompt
    options: argparse.Namespace
    plan: Plan
    exchange: Exchange


def request_of(  # noqa: PLR0913  # what a request is made of
    shell: Any,
    state: State,
    prompt: Prompt,
    options: argparse.Namespace,
    *,
    instead_of: Turn | None = None,
    further: Further | None = None,
    remembered: bool = True,
) -> Request:
    """Make the request; for a dry run without looking for credentials, starting the sandbox or reading the clock.

    `instead_of` is the turn whose place the answer takes, `further` the answer it goes on with; if it is not to be
    `remembered`, the conversation is still its context. Raises SparkError, before anything is shown or sent.
    """
    settings, history = state.magics, not options.no_history
    conversation = state.conversation_named(options.name)
    cell = state.cell(shell) if shell is not None and history else None
    target = settings.target(options.model or "", **given(options, *PARAMETERS))
    told: tuple[str, ...] = ()
    if conversation.picture(prompt.picture, cell=cell, instead_of=instead_of, history=history) is not None:
        from .pictures import sighted  # noqa: PLC0415  # few conversations have one

        target, told = sighted(settings, target, options, new=prompt.picture is not None)
    sent = _sent(target)
    credentials = None
    if not options.dry_run:
        target, credentials = ready(state, target)
    client = Client(target, credentials, clock=state.clock)
    plan = conversation.plan(
        client,
        prompt.text,
        system=settings.system if options.system is None else options.system,
        examples=examples_in(settings.examples if options.examples is None else options.examples),
        picture=prompt.picture,
        cell=cell,
        execution_count=0 if shell is None else shell.displayhook.prompt_count,  # the shell's counts ahead in 9
        instead_of=instead_of,
        further=further,
        history=history,
    )
    if not remembered:
        plan = replace(plan, remembered=False, replaces=0)
    due = () if options.dry_run else state.take_notes()
    notes = (*prompt.notes, *told, *_notes(conversation, target, plan), *due)
    named = "" if options.name == DEFAULT_NAME else options.name
    facts = Facts(target.model.alias, sent, notes, plan.remembered, format=prompt.form.format, conversation=named)
    if named:
        facts = replace(facts, go_on=f"%spark -n {named} --continue")
    return _cached(Request(options.name, conversation, target, client, plan, sent, facts, prompt.form), options)


def _cached(request: Request, options: argparse.Namespace) -> Request:
    """Return the request as the journal knows it, where that is to be asked first."""
    if not options.cache:
        return request
    from .cached import looked_up  # noqa: PLC0415  # loads SQLite, for few questions

    return looked_up(request, options)


def ready(state: State, target: Target) -> tuple[Target, Credentials]:
    """Find the credentials, for an address they may go to; start the sandbox where that is the model.

    ConfigurationError, before anything is shown or sent.
    """
    if target.model.alias == SANDBOX_ALIAS:
        model, credentials = state.at_sandbox(target.model)
        return replace(target, model=model), credentials
    check_address(target.model.url, target.allowed_hosts, file=str(config_file()))
    return target, find_credentials()


def _sent(target: Target) -> dict[str, Any]:
    """Return the parameters that go over the wire; ConfigurationError for one out of range."""
    sent = checked_parameters(target.model, target.parameters)
    return {name: value for name in sent.__dataclass_fields__ if (value := getattr(sent, name)) is not None}


def _notes(conversation: Conversation, target: Target, plan: Plan) -> tuple[str, ...]:
    """Return what the user should know about this request."""
    model, parameters = target.model, target.parameters
    max_tokens, unknown = parameters.max_tokens, unknown_to(model, parameters)
    left_out = conversation.newly_left_out(plan)
    notes = {
        say("note.system_in_question", model=model.alias): plan.system_in_question,
        say("note.left_out.one" if left_out == 1 else "note.left_out", count=left_out): left_out,
        say("note.replaces", number=plan.replaces): plan.replaces and plan.further is None,
        say("note.max_tokens", limit=model.output_tokens): max_tokens is not None and max_tokens > model.output_tokens,
        say("note.retired", model=model.alias): model.retired,
        say("note.not_sent", model=model.alias, names=listed(unknown)): unknown,
        say("note.no_references", model=model.alias): parameters.references and not model.references,
        say("note.picture_left_out", model=model.alias): plan.picture_left_out,
    }
    return tuple(note for note, wanted in notes.items() if wanted)
