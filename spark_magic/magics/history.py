"""What `%spark_history` does: show turns, write and read them, go back, go on elsewhere."""

import argparse
import json
import re
from collections.abc import Callable, Sequence
from pathlib import PurePath
from typing import Final

from IPython.core.error import UsageError

from ..answer import Answer
from ..conversation import Turn
from ..conversation.transcript import MOST_BYTES, Transcript, data_of, decoded, encoded
from ..display.publish import publish
from ..display.table import show_table
from ..errors import HistoryDamaged
from ..messages import say
from ..render import to_plain
from .files import FileUnreadable, read_file, write_file
from .named import all_names, existing, tell
from .script import MARK, cell_of, html_of, markdown_of
from .state import State

_LONGEST: Final = 60  # characters of a question or an answer that a table shows
_START: Final = b'{"spark_magic"'
_ACTIONS: Final = ("list", "json", "markdown", "export", "load", "undo", "fork")
_UNSHOWN: Final = re.compile("[\x7f-\U0010ffff]")  # what may not be printable; what is below, JSON has escaped


def run_history(state: State, options: argparse.Namespace) -> None:
    """Do the one thing the options ask for, else show the turns.

    UsageError for two at a time or a conversation that there is not, HistoryDamaged for a file that is not whole,
    ConversationBusy for turns that would change while a question is answered, ConfigurationError for a file that
    cannot be written. Nothing is changed then.
    """
    given = [name for name in _ACTIONS if getattr(options, name) not in (None, False)]
    if len(given) > 1:
        raise UsageError(say("usage.actions", options=", ".join(f"--{name}" for name in given)))
    if options.force and "export" not in given:
        raise UsageError(say("usage.force"))
    actions: dict[str, Callable[[State, argparse.Namespace], None]] = {
        "list": _show_list,
        "json": _print_json,
        "markdown": _show_markdown,
        "export": _export,
        "load": _load,
        "undo": _undo,
        "fork": _fork,
    }
    actions.get("".join(given), _show_turns)(state, options)


def _show_turns(state: State, options: argparse.Namespace) -> None:
    turns = existing(state, options.name).turns
    if not turns:
        print(say("shown.history.empty", name=options.name))  # noqa: T201  # a magic's answer to its user
        return
    labels = ("label.cell", "label.question", "label.answer", "label.model", "label.turn_tokens")
    rows = [(str(number), *_row(turn)) for number, turn in enumerate(turns, start=1)]
    total = ("", "", "", "", say("label.total"), _total(turns))
    show_table(("", *map(say, labels)), [*rows, total], options.name)


def _row(turn: Turn) -> tuple[str, ...]:
    picture = [say("label.with_picture")] if turn.picture is not None else []
    question = " ".join([*picture, _beginning(turn.question)])
    return cell_of(turn), question, _beginning(turn.answer), turn.answer.model, _tokens(turn.answer)


def _beginning(text: str) -> str:
    words = " ".join(to_plain(text[: 10 * _LONGEST]).split())
    return words if len(words) <= _LONGEST else f"{words[:_LONGEST]}…"


def _tokens(answer: Answer) -> str:
    usage = answer.usage
    return "?" if usage is None else f"{usage.prompt_tokens:,} + {usage.completion_tokens:,}"


def _total(turns: Sequence[Turn]) -> str:
    """Return what all turns have cost, as far as the server has told."""
    usages = [turn.answer.usage for turn in turns if turn.answer.usage is not None]
    return f"{sum(u.prompt_tokens for u in usages):,} + {sum(u.completion_tokens for u in usages):,}"


def _show_list(state: State, _: argparse.Namespace) -> None:
    found = {name: turns for name in all_names(state) if (turns := existing(state, name).turns)}
    rows = [(name, str(len(turns)), _total(turns), turns[-1].answer.model) for name, turns in found.items()]
    if not rows:
        print(say("shown.history.none"))  # noqa: T201  # as below
        return
    labels = ("label.conversation", "label.turns", "label.turn_tokens", "label.model")
    show_table([*map(say, labels)], rows)


def _print_json(state: State, options: argparse.Namespace) -> None:
    """Print it so that every character is one to be seen; pictures are left out."""
    data = data_of(Transcript(options.name, tuple(existing(state, options.name).turns)))
    text = json.dumps(data, ensure_ascii=False, indent=2)
    print(_UNSHOWN.sub(lambda found: found[0] if found[0].isprintable() else json.dumps(found[0])[1:-1], text))  # noqa: T201  # a magic's answer to its user


def _show_markdown(state: State, options: argparse.Namespace) -> None:
    turns = existing(state, options.name).turns
    if not turns:
        _show_turns(state, options)
        return
    publish({"text/plain": to_plain(markdown_of(options.name, turns)), "text/html": html_of(turns)})


def _export(state: State, options: argparse.Namespace) -> None:
    turns = existing(state, options.name).turns
    if PurePath(options.export).suffix.lower() in (".md", ".markdown"):
        content = markdown_of(options.name, turns).encode("utf-8", "replace")
    else:
        content = encoded(Transcript(options.name, tuple(turns)), source=options.export)
    ours = (_START, MARK.encode())
    path = write_file(options.export, content, lambda start: options.force or start.startswith(ours))
    print(say(_counted("shown.exported", turns), path=path, count=len(turns)))  # noqa: T201  # as above


def _load(state: State, options: argparse.Namespace) -> None:
    turns = _read(options.load)
    conversation = state.conversation_named(options.name)
    tell(state)
    before = conversation.restore(turns)
    state.last.pop(options.name, None)  # what was asked last is not there any more
    values = {"name": options.name, "path": options.load, "count": len(turns), "before": before}
    print(say(_counted("shown.loaded", turns), **values))  # noqa: T201  # as above
    _keep(state, options.name)


def _read(path: str) -> Sequence[Turn]:
    try:
        content = read_file(path, MOST_BYTES)
    except FileUnreadable as problem:
        detail = str(problem)
    else:
        return decoded(content, source=path).turns
    raise HistoryDamaged("history.unreadable", source=path, detail=detail)


def _undo(state: State, options: argparse.Namespace) -> None:
    forgotten = existing(state, options.name).undo(options.undo)
    for turn in forgotten:
        print(say("shown.undone", question=_beginning(turn.question)))  # noqa: T201  # as above
    if not forgotten:
        print(say("shown.undone.none", name=options.name))  # noqa: T201  # as above
    _keep(state, options.name)


def _fork(state: State, options: argparse.Namespace) -> None:
    turns = existing(state, options.name).turns
    copy = state.conversation_named(options.fork)
    tell(state)
    if copy.turns:
        raise UsageError(say("usage.fork", name=options.fork))
    copy.restore([turn.copied() for turn in turns])
    print(say(_counted("shown.forked", turns), name=options.name, new=options.fork, count=len(turns)))  # noqa: T201  # as above
    _keep(state, options.fork)


def _counted(key: str, turns: Sequence[Turn]) -> str:
    return f"{key}.one" if len(turns) == 1 else key


def _keep(state: State, name: str) -> None:
    state.keep(name)
    tell(state)
