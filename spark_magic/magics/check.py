"""`%spark_config --check`: one tiny request per model, since each has a licence and a quota of its own."""

from contextlib import closing
from dataclasses import replace
from typing import Any, Final

from ..client import Client
from ..config.file import read_config_file
from ..credentials import Credentials, find_credentials
from ..display.table import show_table
from ..errors import CredentialsRefused, SparkError
from ..events import Delta, Message, Reasoning
from ..messages import say
from ..models import SANDBOX_ALIAS, Model, catalogue
from ..target import Parameters
from .state import State

_QUESTION: Final = (Message("user", "1+1=?"),)
_TOKENS: Final = 1  # the shortest answer there is: the check itself is billed


def show_check(magics: Any, state: State) -> None:
    """Ask every model and show which ones answer; the sandbox alone where that is the chosen model."""
    head = ("alias", say("label.result"), "code", say("label.hint"))
    show_table(head, [_row(magics, state, model) for model in _models(magics)])


def _models(magics: Any) -> list[Model]:
    chosen = magics.chosen_model()
    if chosen.alias == SANDBOX_ALIAS:
        return [chosen]
    known = catalogue(read_config_file().models)
    return [m for m in known.values() if m.alias != SANDBOX_ALIAS and not m.retired]


def _row(magics: Any, state: State, model: Model) -> tuple[str, str, str, str]:
    credentials: Credentials
    if model.alias == SANDBOX_ALIAS:
        model, credentials = state.at_sandbox(model)
    else:
        credentials = find_credentials()
    target = replace(magics.target(), model=model, parameters=Parameters(max_tokens=_TOKENS))
    try:
        _first_words(Client(target, credentials))
    except CredentialsRefused:
        raise  # no model will answer: say so once
    except SparkError as problem:
        code = "" if problem.code is None else str(problem.code)
        return model.alias, f"✗ {problem.sentence}", code, problem.hint
    return model.alias, "✓", "0", ""


def _first_words(client: Client) -> None:
    """Wait for the first words and leave: that they come is all there is to know."""
    with closing(client.stream(_QUESTION)) as events:  # type: ignore[type-var]  # a generator has close()
        for event in events:
            if isinstance(event, Delta | Reasoning):
                return
