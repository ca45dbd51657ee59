"""`-m a,b`: one question to several models, their answers side by side."""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from IPython.core.error import UsageError

from ..answer import Answer
from ..conversation import Exchange
from ..display import shown_here
from ..errors import ConversationBusy, SparkError
from ..messages import listed, say
from . import values
from .compose import composed
from .dry_run import show_dry_runs
from .interrupt import held_back
from .race import End, raced
from .record import record
from .request import Asked, Prompt, Request, request_of
from .state import State

_SIDE_BY_SIDE: Final = (None, "markdown", "text")  # formats that are nothing but a look


@dataclass(frozen=True)
class _Entry:
    """One of the models, the options it is asked with as if alone, and its request."""

    options: argparse.Namespace
    request: Request
    kept: bool


def compared(shell: Any, state: State, text: str, options: argparse.Namespace) -> dict[str, Answer] | None:
    """Ask all models at once and show their answers as they come; return them by alias, None for a dry run.

    The conversation is the context of each, and only the answer of the model to `--keep` joins it. A model that
    fails is missing in the result; the first one's error is raised when all have failed. Raises UsageError and
    SparkError before anything is sent where options or settings are not right, SparkInterrupted for the user's stop.
    """
    aliases, kept = _aliases(state, options)
    prompt = composed(shell, text, options)
    entries = [*_entries(shell, state, prompt, options, aliases=aliases, kept=kept)]
    if options.dry_run:
        show_dry_runs([entry.request for entry in entries])
        return None
    ends = dict(zip(aliases, _ends(shell, state, prompt, entries), strict=True))
    answers = _answers(ends)
    if shell is not None:
        shown_here(shell, answers)
    failed = [alias for alias in ends if alias not in answers]
    told = [say("note.models_failed", aliases=listed(failed))] if failed else []
    for note in (*told, *state.take_notes()):
        print(note)  # noqa: T201  # right below the answers
    return answers


def _aliases(state: State, options: argparse.Namespace) -> tuple[list[str], str]:
    """Return the models to ask, and the one of them to keep or ""; UsageError for options that do not fit together."""
    aliases = [state.magics.chosen_model(name).alias for name in _names(options)]
    twice = next((alias for alias in aliases if aliases.count(alias) > 1), "")
    kept = state.magics.chosen_model(options.keep).alias if options.keep else ""
    refused = {
        say("usage.keep_of_one"): len(aliases) == 1,
        say("usage.same_model", alias=twice): twice,
        say("usage.keep_nothing"): kept and options.no_history,
        say("usage.keep_whom", alias=kept, aliases=listed(aliases)): kept and kept not in aliases,
        say("usage.one_at_a_time", option="--background"): options.background,
        say("usage.one_at_a_time", option=f"-f {options.format}"): options.format not in _SIDE_BY_SIDE,
        say("usage.one_at_a_time", option="--schema"): options.schema is not None,
    }
    for message, wrong in refused.items():
        if wrong:
            raise UsageError(message)
    return aliases, kept


def _names(options: argparse.Namespace) -> list[str]:
    """Return the models as they are named; a plain call's were not looked at yet."""
    try:
        return values.models(options.model or "").split(",")
    except argparse.ArgumentTypeError as problem:
        message = say("usage.option", option="-m/--model", problem=str(problem))
    raise UsageError(message)


def _entries(  # noqa: PLR0913  # what requests are made of
    shell: Any, state: State, prompt: Prompt, options: argparse.Namespace, *, aliases: Sequence[str], kept: str
) -> Iterator[_Entry]:
    """Make a request for each model, all from one place: it is one question of the cell."""
    place = state.asked
    for alias in aliases:
        state.asked = place
        alone = argparse.Namespace(**{**vars(options), "model": alias, "keep": None, "output": None})
        request = request_of(shell, state, prompt, alone, remembered=alias == kept)
        yield _Entry(alone, _telling(request), alias == kept)


def _telling(request: Request) -> Request:
    """Tell of every model what it does not get of the conversation: the others may get more."""
    if request.plan.remembered:
        return request
    count = request.plan.left_out
    note = say("note.left_out.one" if count == 1 else "note.left_out", count=count)
    notes = (*request.facts.notes, *([note] if count else []))
    return replace(request, facts=replace(request.facts, notes=notes, go_on=""))  # --continue knows the kept one alone


def _ends(shell: Any, state: State, prompt: Prompt, entries: Sequence[_Entry]) -> list[End]:
    """Ask and show; what came of each is noted, however it ended."""
    exchanges = [entry.request.exchange() for entry in entries]
    busy = False
    try:
        return raced(shell, [entry.request.facts for entry in entries], exchanges)
    except ConversationBusy:
        busy = True  # nothing was asked: the last question is the one that is being answered
        raise
    finally:
        with held_back():
            for entry, exchange in () if busy else zip(entries, exchanges, strict=True):
                _note(state, prompt, entry, exchange)


def _note(state: State, prompt: Prompt, entry: _Entry, exchange: Exchange) -> None:
    """Write down what it has cost; the one to keep is the conversation's last question, as if it had been alone."""
    request = entry.request
    if entry.kept:
        state.last[request.name] = Asked(prompt, entry.options, request.plan, exchange)
    record(state, request, exchange)
    if entry.kept:
        state.keep(request.name)


def _answers(ends: dict[str, End]) -> dict[str, Answer]:
    """Return what was answered; the first model's error where nothing was."""
    answers = {alias: end for alias, end in ends.items() if isinstance(end, Answer)}
    problems = [end for end in ends.values() if isinstance(end, SparkError)]
    if problems and not answers:
        raise problems[0]
    return answers
