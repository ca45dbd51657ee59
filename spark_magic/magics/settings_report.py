"""What `%spark_config` shows: what is set and where it came from, and the catalogue."""

import os
from typing import Any, Final

from ..address import shown_address
from ..auth import check_address
from ..config.file import config_file, read_config_file
from ..config.settings import SETTINGS, address_sources, allowed_hosts
from ..credentials import find_credentials, present_credentials
from ..display.table import show_table
from ..errors import CredentialsMissing, SparkError, masked_text
from ..messages import has, language, listed, say
from ..models import DEFAULT_ALIAS, SANDBOX_ALIAS, Model, catalogue
from .login import CREDENTIAL_LABELS
from .state import State

_Row = tuple[str, str, str]
_LONGEST: Final = 80  # characters of a system prompt worth showing here
_ABILITIES: Final = ("system_role", "reasoning", "web_search", "references", "images", "retired")


def show_settings(magics: Any, state: State) -> None:
    """Show every setting with its value and origin, then the credentials, masked.

    What is wrong with a file, an address or a value is raised behind all that can be shown.
    """
    rows: list[_Row] = []
    problems: list[SparkError] = []
    for part in (_model_rows, _setting_rows, _credential_rows, _address_rows):
        try:
            rows += part(magics, state)
        except SparkError as problem:
            problems.append(problem)
    show_table((say("label.setting"), say("label.value"), say("label.source")), rows)
    if problems:
        raise problems[0]
    _say_what_is_missing(magics)


def _model_rows(magics: Any, state: State) -> list[_Row]:
    """Name the model with its address; the environment's counts where no model is chosen."""
    model = magics.chosen_model()
    variables = {"url": "", "domain": ""} if magics.model else address_sources()
    custom = {row.alias for row in read_config_file().models}
    place = str(config_file()) if model.alias in custom else say("label.catalogue")
    origin = _origin(state, "model") if magics.model else variables["url"] or variables["domain"]
    return [
        ("model", model.alias, origin or say("label.default")),
        ("url", shown_address(model.url), variables["url"] or place),
        ("domain", masked_text(model.domain), variables["domain"] or place),
    ]


def _setting_rows(magics: Any, state: State) -> list[_Row]:
    return [(name, *_setting(magics, state, name)) for name in SETTINGS if name != "model"]


def _setting(magics: Any, state: State, name: str) -> tuple[str, str]:
    """Return a setting's value as it is shown, and where it came from."""
    value, origin = getattr(magics, name), _origin(state, name)
    if name == "lang":
        return language(), origin if value else _language_origin()
    if value is None:
        return say("label.server_default"), origin
    if isinstance(value, float):
        return f"{value:g}", origin
    text = " ".join(str(value).split())
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…", origin


def _origin(state: State, name: str) -> str:
    origin = state.origins.get(name, "label.default")
    return say(origin) if has(origin) else origin


def _language_origin() -> str:
    return "SPARK_LANG" if os.environ.get("SPARK_LANG") else say("label.locale")


def _credential_rows(*_: object) -> list[_Row]:
    present = present_credentials()
    found = {name: present.get(name, (say("label.missing"), "")) for name in CREDENTIAL_LABELS}
    return [(CREDENTIAL_LABELS[name], str(secret), source) for name, (secret, source) in found.items()]


def _address_rows(magics: Any, _: State) -> list[_Row]:
    """Show nothing, but say now what the next question would fail with."""
    check_address(magics.chosen_model().url, allowed_hosts(), file=str(config_file()))
    return []


def _say_what_is_missing(magics: Any) -> None:
    """Say what to do about credentials that are missing, where they are needed."""
    if magics.chosen_model().alias == SANDBOX_ALIAS:
        return
    try:
        find_credentials()
    except CredentialsMissing as problem:
        print(problem.hint)  # noqa: T201  # a magic's answer to its user


def show_models(magics: Any) -> None:
    """Show the catalogue, custom models included."""
    head = ("alias", "domain", "URL", say("label.context"), say("label.longest"), say("label.abilities"))
    chosen = magics.chosen_model().alias
    models = catalogue(read_config_file().models).values()
    show_table(head, [(*_facts(model), _abilities(model, chosen)) for model in models])


def _facts(model: Model) -> tuple[str, ...]:
    tokens = f"{model.input_tokens:,}", f"{model.output_tokens:,}"
    return model.alias, masked_text(model.domain), shown_address(model.url), *tokens


def _abilities(model: Model, chosen: str) -> str:
    """List what a model can do, and whether it is the one that is asked."""
    marks = {
        "label.chosen": model.alias == chosen,
        "label.default": model.alias == DEFAULT_ALIAS,
        **{f"ability.{name}": getattr(model, name) for name in _ABILITIES},
        "ability.sandbox": model.alias == SANDBOX_ALIAS,
    }
    return listed(say(key) for key, holds in marks.items() if holds)
