"""The user's `config.toml`: further models and trusted hosts. Addresses come from here and the environment alone."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import platformdirs

from ..errors import ConfigurationError
from ..models import Model
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
    """Read it; ConfigurationError for one that others can change, is no TOML, or has an unknown or wrong key."""
    path = config_file()
    content = read_private(path)
    if content is None:
        return ConfigFile()
    try:
        return _typed(tomllib.loads(content.decode()))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as problem:
        detail = str(problem)
    raise ConfigurationError("file.unreadable", path=path, detail=detail)


def _typed(table: dict[str, Any]) -> ConfigFile:
    """Check keys and types; a misspelt key would otherwise be ignored in silence."""
    _known(table, ConfigFile, "the file")
    for row in table.get("models", []):
        _known(row, Model, "[[models]]")
    return msgspec.convert(table, ConfigFile)


def _known(table: Any, kind: type, place: str) -> None:
    names = set(kind.__dataclass_fields__) if isinstance(table, dict) else set()  # type: ignore[attr-defined]  # dataclasses both
    unknown = sorted(set(table) - names) if isinstance(table, dict) else []
    if unknown:
        message = f"unknown key {unknown[0]!r} in {place}"
        raise msgspec.ValidationError(message)
