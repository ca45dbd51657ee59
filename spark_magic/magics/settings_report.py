"""`%spark_config`: what is set and where it came from, the catalogue, the check, login and logout."""

import argparse
from getpass import getpass
from typing import Any, Final

from ..credentials import Credentials, find_credentials, forget_credentials, present_credentials, save_credentials
from ..display.table import show_table
from ..errors import SparkError
from ..messages import say
from ..models import DEFAULT_ALIAS, SANDBOX_ALIAS, Model, catalogue
from .parsers import LIMIT_OPTIONS, given
from .state import State

_SET: Final = ("model", "system", "temperature", "top_k", "max_tokens", *LIMIT_OPTIONS)
_CREDENTIAL_LABELS: Final = {"app_id": "APPID", "api_key": "APIKey", "api_secret": "APISecret"}


def run_config(magics: Any, state: State, options: argparse.Namespace) -> None:
    """Do what the options say, in this order: reset, set, log in or out, then show what was asked for."""
    changes = given(options, *_SET) | _language(options)
    if options.reset:
        _reset(magics, state)
    if changes:
        _apply(magics, state, changes)
    if options.action:
        {"login": _login, "logout": _logout}[options.action]()
    if options.list_models:
        _show_models()
    if options.check:
        from .check import show_check  # noqa: PLC0415  # asks over the network

        show_check(magics, state)
    if not (options.action or options.list_models or options.check):
        _show_settings(magics, state)


def _language(options: argparse.Namespace) -> dict[str, str]:
    return {} if options.lang is None else {"lang": "" if options.lang == "auto" else options.lang}


def _apply(magics: Any, state: State, changes: dict[str, Any]) -> None:
    """Set what was given, all or nothing: the result must make a valid request."""
    from ..client import checked_parameters  # noqa: PLC0415  # not before it is needed

    before = {name: getattr(magics, name) for name in changes}
    try:
        for name, value in changes.items():
            setattr(magics, name, value)
        target = magics.target()
        checked_parameters(target.model, target.parameters)
    except SparkError:
        for name, value in before.items():
            setattr(magics, name, value)
        raise
    state.origins.update(dict.fromkeys(changes, "%spark_config"))


def _reset(magics: Any, state: State) -> None:
    """Set everything back to its default."""
    for name in (*_SET, "lang"):
        setattr(magics, name, magics.traits()[name].default())
    state.origins.clear()


def _login() -> None:
    """Ask for the three values, hidden, and keep them."""
    app_id, api_key, api_secret = (getpass(f"{label}: ") for label in _CREDENTIAL_LABELS.values())
    place = save_credentials(Credentials.of(app_id, api_key, api_secret, source="login"))
    print(say("login.done", place=place))  # noqa: T201  # a magic's answer to its user


def _logout() -> None:
    places = forget_credentials()
    print(say("logout.done", places=", ".join(places)) if places else say("logout.nothing"))  # noqa: T201  # as above


def _show_settings(magics: Any, state: State) -> None:
    """Show every setting with its value and origin, then the credentials, masked."""
    rows = [(name, _shown(magics, name), _origin(magics, state, name)) for name in (*_SET, "lang")]
    model = magics.chosen_model()
    rows += [("url", model.url, _address_origin("url")), ("domain", model.domain, _address_origin("domain"))]
    present = present_credentials()
    for name, label in _CREDENTIAL_LABELS.items():
        secret, source = present.get(name, (None, ""))
        rows.append((label, str(secret) if secret else say("label.missing"), source))
    show_table((say("label.setting"), say("label.value"), say("label.source")), rows)
    if len(present) < len(_CREDENTIAL_LABELS) and model.alias != SANDBOX_ALIAS:
        _say_missing()


def _say_missing() -> None:
    try:
        find_credentials()
    except SparkError as problem:
        print(problem.hint)  # noqa: T201  # a magic's answer to its user


def _shown(magics: Any, name: str) -> str:
    value = getattr(magics, name)
    if name == "model":
        return str(value or magics.chosen_model().alias)
    if value is None:
        return say("label.server_default")
    return f"{value:g}" if isinstance(value, float) else str(value)


def _origin(magics: Any, state: State, name: str) -> str:
    """Say where a setting's value came from."""
    value, default = getattr(magics, name), magics.traits()[name].default()
    if value == default:
        return say("label.default")
    return state.origins.get(name, "%config / ipython_config.py")


def _address_origin(part: str) -> str:
    from ..config.settings import address_sources  # noqa: PLC0415  # one use

    return address_sources()[part] or say("label.catalogue")


def _show_models() -> None:
    """Show the catalogue, custom models included."""
    from ..config.file import read_config_file  # noqa: PLC0415  # one use

    head = ("alias", "domain", "URL", say("label.context"), say("label.longest"), say("label.abilities"))
    models = catalogue(read_config_file().models).values()
    rows = [(m.alias, m.domain, m.url, f"{m.input_tokens:,}", f"{m.output_tokens:,}", _abilities(m)) for m in models]
    show_table(head, rows)


def _abilities(model: Model) -> str:
    names = ("system_role", "reasoning", "web_search", "references", "retired")
    marks = [say(f"ability.{name}") for name in names if getattr(model, name)]
    return ", ".join([*([say("label.default")] if model.alias == DEFAULT_ALIAS else []), *marks])
