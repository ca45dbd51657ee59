"""`%spark_config --check`: one tiny request per model, since each has a licence and a quota of its own."""

from contextlib import closing
from dataclasses import replace
from typing import Any, Final

from ..auth import check_address
from ..client import Client
from ..config.file import config_file, read_config_file
from ..config.settings import allowed_hosts
from ..display.table import show_table
from ..errors import (
    ConnectionFailed,
    CredentialsMissing,
    DeadlineExceeded,
    HandshakeRefused,
    SparkError,
    SparkInterrupted,
)
from ..events import Delta, Message, Notice, Reasoning
from ..messages import say
from ..models import SANDBOX_ALIAS, Model, catalogue
from ..picture import blank_picture
from ..target import Parameters
from .pictures import at_own_gateway
from .request import ready
from .state import State

_QUESTION: Final = (Message("user", "1+1=?"),)
_TOKENS: Final = 1  # the shortest answer there is: the check itself is billed


def show_check(magics: Any, state: State) -> None:
    """Ask one model after the other and show which ones answer, each as soon as it is known.

    What keeps all of them from answering is raised at once; SparkInterrupted leaves what is known on the screen.
    """
    check_address(magics.chosen_model().url, allowed_hosts(), file=str(config_file()))
    table = _Table(magics.shell)
    hints: list[str] = []
    try:
        for model in _models(magics):
            problem = _problem(magics, state, model, hints)
            if problem is not None and not table.rows and _concerns_all(problem):
                raise problem
            table.add(_row(model, problem))
            hints += [] if problem is None else [problem.hint]
    except KeyboardInterrupt:
        raise SparkInterrupted from None
    finally:
        table.end()
    for hint in dict.fromkeys(hints):
        print(hint)  # noqa: T201  # a magic's answer to its user


class _Table:
    """The results: in a notebook a table that grows, in a terminal one at the end, and until then who was asked."""

    def __init__(self, shell: Any) -> None:
        self.rows: list[tuple[str, ...]] = []
        self._grows = getattr(shell, "kernel", None) is not None
        self._shown: Any = None

    def add(self, row: tuple[str, ...]) -> None:
        self.rows.append(row)
        if self._grows:
            self._shown = show_table(self._head(), self.rows, growing=True, replaces=self._shown)
        else:
            print(row[0], end=" … ", flush=True)  # noqa: T201  # it goes on

    def end(self) -> None:
        if self.rows and not self._grows:
            print()  # noqa: T201  # as above
            show_table(self._head(), self.rows)

    def _head(self) -> tuple[str, ...]:
        return "alias", say("label.usable"), "code", say("label.result")


def _models(magics: Any) -> list[Model]:
    """Return whom to ask: all in use, or the chosen one alone where it is at a gateway of the user's own.

    The keys of such a gateway (the sandbox is one) are not the vendor's business.
    """
    chosen = magics.chosen_model()
    known = catalogue(read_config_file().models)
    del known[SANDBOX_ALIAS]
    if at_own_gateway(chosen, known):
        return [chosen]
    known[chosen.alias] = chosen
    return [model for model in known.values() if model is chosen or not model.retired]


def _concerns_all(problem: SparkError) -> bool:
    """Tell whether no other model would answer either: no keys, wrong keys, a wrong clock, no network."""
    if isinstance(problem, DeadlineExceeded):
        return problem.values["phase"] == "open"
    return isinstance(problem, CredentialsMissing | ConnectionFailed) and type(problem) is not HandshakeRefused


def _problem(magics: Any, state: State, model: Model, hints: list[str]) -> SparkError | None:
    """Ask one model; return what kept it from answering, and add to the hints what else there is to know."""
    wanted = replace(magics.target(), model=model, parameters=Parameters(max_tokens=_TOKENS))
    try:
        target, credentials = ready(state, wanted)
        hints += _notices(Client(target, credentials, clock=state.clock))
    except SparkError as problem:
        return problem
    return None


def _notices(client: Client) -> list[str]:
    """Wait for the first words and leave, that they come is all there is to know; return what was told before them."""
    told: list[str] = []
    with closing(client.stream(_messages(client.target.model))) as events:
        for event in events:
            if isinstance(event, Notice):
                told.append(say(event.key, **event.values))
            elif isinstance(event, Delta | Reasoning):
                break
    return told


def _messages(model: Model) -> tuple[Message, ...]:
    """Return the question; a model that sees pictures answers only questions about one."""
    return (blank_picture().message, *_QUESTION) if model.images else _QUESTION


def _row(model: Model, problem: SparkError | None) -> tuple[str, ...]:
    if problem is None:
        return model.alias, say("label.yes"), "", ""
    return model.alias, say("label.no"), "" if problem.code is None else str(problem.code), problem.sentence
