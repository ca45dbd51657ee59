"""The user's `config.toml`: further models and trusted hosts. Addresses come from here and the environment alone."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import platformdirs

from ..errors import ConfigurationError, masked_text
from ..models import SANDBOX_ALIAS, Model
from ..private_file import read_private


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """What the file says; empty where there is none."""

    models: tuple[Model, ...] = ()
    allowed_hosts: tuple[str, ...] = ()


def config_file() -> Path:
    """Return where the file is, whether it exists or not."""
    return Path(platformdirs.user_config_dir("spark_magic", appauthor=False)) / "config.toml"


def read_config_file() -> ConfigFile:
    """Read it; ConfigurationError for one that others can read, is no TOML, or has an unknown or wrong key."""
    path = config_file()
    content = read_private(path)
    if content is None:
        return ConfigFile()
    try:
        return _typed(tomllib.loads(content.decode("utf-8-sig")))  # Windows' editors put a mark in front
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as problem:
        detail = masked_text(str(problem))
    del content  # a key in the wrong place, say; the traceback keeps this frame
    raise ConfigurationError("file.unreadable", path=path, detail=detail)


def _typed(table: dict[str, Any]) -> ConfigFile:
    """Check keys, types and aliases; a misspelt key would otherwise be ignored in silence."""
    _known(table, ConfigFile, "the file")
    rows = table.get("models")
    for row in rows if isinstance(rows, list) else []:
        _known(row, Model, "[[models]]")
    content = msgspec.convert(table, ConfigFile)
    for number, model in enumerate(content.models):
        _usable(model, [other.alias.lower() for other in content.models[:number]])
    return content


def _known(table: Any, kind: type, place: str) -> None:
    names: set[str] = set(kind.__dataclass_fields__)  # type: ignore[attr-defined]  # dataclasses both
    unknown = sorted(set(table) - names) if isinstance(table, dict) else []
    if unknown:
        message = f"unknown key {unknown[0]!r} in {place}; known are {', '.join(sorted(names))}"
        raise msgspec.ValidationError(message)


def _usable(model: Model, others: list[str]) -> None:
    """Refuse an alias nobody could write behind --model, or that already means something else."""
    alias = model.alias
    if "," in alias:
        message = f"the alias {alias!r} in [[models]] has a comma, which stands between two models"
        raise msgspec.ValidationError(message)
    if not alias or alias.startswith("-") or len(alias.split()) != 1 or alias.lower() in (SANDBOX_ALIAS, *others):
        message = f"the alias {alias!r} in [[models]] is empty, has blanks, or is taken"
        raise msgspec.ValidationError(message)
