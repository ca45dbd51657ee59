"""What `%spark_config` does: set, reset, log in and out, and show what was asked for."""

import argparse
from typing import Any, Final

from ..client import checked_parameters
from ..config.settings import PARAMETERS, TIMEOUTS
from ..errors import SparkError
from .check import show_check
from .examples import examples_in
from .login import login, logout
from .named import tell
from .parsers import LOGIN, LOGOUT, given
from .settings_report import show_models, show_settings
from .state import State

_SET: Final = ("model", "system", "examples", *PARAMETERS, *TIMEOUTS, "retries", "warn_tokens", "autosave")


def run_config(magics: Any, state: State, options: argparse.Namespace) -> None:
    """Do what the options say, in this order: reset, set, log in or out, then show what was asked for."""
    changes = given(options, *_SET) | _language(options)
    if options.reset:
        _reset(magics, state)
    if changes:
        _apply(magics, state, changes)
    if options.word:
        {LOGIN: login, LOGOUT: logout}[options.word]()
    if options.list_models:
        show_models(magics)
    if options.check:
        show_check(magics, state)
    if not (options.word or options.list_models or options.check):
        show_settings(magics, state)
    tell(state)


def _language(options: argparse.Namespace) -> dict[str, str]:
    return {} if options.lang is None else {"lang": "" if options.lang == "auto" else options.lang}


def _apply(magics: Any, state: State, changes: dict[str, Any]) -> None:
    """Set what was given, all or nothing: the result must make a valid request."""
    before = {name: getattr(magics, name) for name in changes}
    origins = dict(state.origins)
    try:
        _set(magics, changes)
        target = magics.target()
        checked_parameters(target.model, target.parameters)
        examples_in(magics.examples)
    except SparkError:
        _set(magics, before)
        state.origins = origins
        raise
    state.origins.update(dict.fromkeys(changes, "%spark_config"))


def _reset(magics: Any, state: State) -> None:
    """Set everything back to what IPython's configuration says, else to its default."""
    defaults = {name: trait.default() for name, trait in magics.traits(config=True).items()}
    _set(magics, defaults | magics.configured)
    state.origins = dict.fromkeys(magics.configured, "label.configured")


def _set(magics: Any, values: dict[str, Any]) -> None:
    for name, value in values.items():
        setattr(magics, name, value)
