"""`--cache`: an identical question is answered from the journal, at no cost; the answer to another one is kept."""

import argparse
from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from ..client import Client
from ..conversation import Exchange, Taken, judge_of
from ..errors import JournalUnusable
from ..events import Delta, Event, Finished, Message, Reasoning, References, Usage
from ..formats import Form
from ..journal import Entry, Journal, journal_file, key_of
from ..messages import say
from ..target import Target
from .request import Request

ANEW: Final = "anew"  # what `--cache` becomes where another answer is wanted in the place of the one that is there
_NO_COST: Final = Usage(0, 0, 0)
_FACTS: Final = ("reasoning", "references", "usage", "model", "sid", "seconds", "cut")


@dataclass(frozen=True)
class Cache:
    """How a question stands to the journal: its key, and the answer that is there, if one is that can be used."""

    key: str
    found: Entry | None


class JournalClient(Client):
    """Answers with what is in the journal, and opens nothing."""

    def __init__(self, target: Target, entry: Entry) -> None:
        """Take the model that was asked, and what it has answered."""
        super().__init__(target)
        self._entry = entry

    def stream(self, messages: Sequence[Message]) -> Generator[Event, None, None]:  # noqa: ARG002  # its key has found it
        """Yield the answer's events."""
        entry = self._entry
        if entry.references:
            yield References(entry.references)
        if entry.reasoning:
            yield Reasoning(entry.reasoning)
        yield Delta(entry.text)
        yield Finished(entry.sid, _NO_COST, cached=True)


def looked_up(request: Request, options: argparse.Namespace) -> Request:
    """Return the request, answered by the journal where that has an answer that can be used.

    That is a whole one that fits the form; with ANEW there is none. A dry run is told, and makes no journal where there
    is none. What goes on with an answer is no question of its own. JournalUnusable, before anything is sent.
    """
    if request.plan.further is not None:
        return request
    key = key_of(request.target, request.plan.messages)
    entry = None if options.dry_run and not journal_file().exists() else _entry(key)
    found = entry if entry is not None and options.cache != ANEW and _usable(entry, request.form) else None
    cache = Cache(key, found)
    if options.dry_run:
        notes = (*request.facts.notes, _note(request.target.model.alias, found))
        return replace(request, cache=cache, facts=replace(request.facts, notes=notes))
    client = request.client if found is None else JournalClient(request.target, found)
    return replace(request, cache=cache, client=client)


def _entry(key: str) -> Entry | None:
    """Return what is there; opening it says what is wrong with the journal before a question is paid for."""
    with Journal() as journal:
        return journal.get(key)


def _note(model: str, found: Entry | None) -> str:
    if found is None:
        return say("note.cache.missed", model=model)
    return say("note.cache.found", model=model, day=found.at.astimezone().date().isoformat())


def _whole(entry: Entry) -> bool:
    return entry.failure is None and not entry.moderated and not entry.cut and entry.text != ""


def _usable(entry: Entry, form: Form) -> bool:
    judge = judge_of(form)
    return _whole(entry) and (judge is None or isinstance(judge(entry.text, entry.usage), Taken))


def kept(request: Request, exchange: Exchange) -> str:
    """Put what was answered into the journal, if it is whole; return a note for the user where that went wrong.

    It was asked and is shown already: nothing of it may be lost by a full disk.
    """
    cache, answer = request.cache, exchange.answer
    if cache is None or cache.found is not None or answer is None or exchange.moderated:
        return ""
    entry = Entry(**{name: getattr(answer, name) for name in _FACTS}, text=str(answer))
    if not _whole(entry):
        return ""
    try:
        with Journal() as journal:
            journal.put([(cache.key, entry)])
    except JournalUnusable as problem:
        return say("note.cache.failed", problem=problem.sentence)
    return ""
