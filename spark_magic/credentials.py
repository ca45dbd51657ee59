"""App id, key and secret: explicit, else from the environment, the user's own file, or the keyring."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import msgspec
import platformdirs

from .errors import ConfigurationError, CredentialsMissing
from .private_file import read_private, remove_private, write_private
from .secret import Secret, without_frames

NAMES: Final = ("app_id", "api_key", "api_secret")
_SERVICE: Final = "spark_magic"  # the keyring's word for what the entry is for
_FILE_NAME: Final = "credentials.json"

# Our own names first, then what other clients of the same service read (protocol page, section 7).
VARIABLES: Final[Mapping[str, tuple[str, ...]]] = {
    "app_id": ("SPARK_APP_ID", "SPARKAI_APP_ID", "IFLYTEK_SPARK_APP_ID", "XFYUN_APP_ID", "XFYUN_APPID"),
    "api_key": ("SPARK_API_KEY", "SPARKAI_API_KEY", "IFLYTEK_SPARK_API_KEY", "XFYUN_API_KEY"),
    "api_secret": ("SPARK_API_SECRET", "SPARKAI_API_SECRET", "IFLYTEK_SPARK_API_SECRET", "XFYUN_API_SECRET"),
}


@dataclass(frozen=True, slots=True)
class Credentials:
    """The three values of one app; `sources` says where each came from. Showing it shows masks."""

    app_id: Secret
    api_key: Secret
    api_secret: Secret
    sources: Mapping[str, str] = field(default_factory=dict, compare=False)

    @classmethod
    @without_frames
    def of(cls, app_id: str, api_key: str, api_secret: str, source: str = "explicit") -> "Credentials":
        """Wrap three plain values, stripped of blanks; ConfigurationError for what cannot be a key."""
        return cls.from_secrets(Secret(app_id), Secret(api_key), Secret(api_secret), source)

    @classmethod
    def from_secrets(cls, app_id: Secret, api_key: Secret, api_secret: Secret, source: str) -> "Credentials":
        """Take three values that are wrapped already; stripped and checked like those of `of`."""
        values = dict(zip(NAMES, (app_id, api_key, api_secret), strict=True))
        secrets = {name: _checked(name, value, source) for name, value in values.items()}
        return cls(**secrets, sources=dict.fromkeys(NAMES, source))


def find_credentials() -> Credentials:
    """Return the credentials, each value from the first place that has it.

    CredentialsMissing names those that are nowhere, ConfigurationError a file that may not be trusted.
    """
    found = present_credentials()
    missing = [name for name in NAMES if name not in found]
    if missing:
        labels = ", ".join({"app_id": "APPID", "api_key": "APIKey", "api_secret": "APISecret"}[n] for n in missing)
        variables = ", ".join(VARIABLES[name][0] for name in missing)
        raise CredentialsMissing("credentials.missing", missing=labels, variables=variables)
    secrets = {name: secret for name, (secret, _) in found.items()}
    return Credentials(**secrets, sources={name: source for name, (_, source) in found.items()})


@without_frames
def present_credentials() -> dict[str, tuple[Secret, str]]:
    """Return what there is, by name: the value and where it came from (a variable, a path, "keyring")."""
    found: dict[str, tuple[Secret, str]] = {}
    for values, source in _places():
        for name, value in values.items():
            if name not in found:
                origin = source or _variable(name)
                found[name] = (_checked(name, value, origin), origin)
        if len(found) == len(NAMES):
            break  # the keyring may ask the user for a password: only when it is needed
    return found


@without_frames
def known_secrets() -> list[Secret]:
    """Return every value that is a credential here, those that another place overrides as well.

    For keeping them out of texts, so a place that may not be trusted has none; the keyring is only asked where
    `find_credentials` would ask it.
    """
    variables = [name for names in VARIABLES.values() for name in names if os.environ.get(name, "").strip()]
    found = [Secret(os.environ[name].strip()) for name in variables]
    try:
        found += _file_values().values()
        found += [secret for secret, _ in present_credentials().values()]
    except ConfigurationError:
        pass
    return found


def _places() -> Iterator[tuple[dict[str, Secret], str]]:
    """Go through the places in order of precedence, each only when the ones before it do not suffice."""
    yield {name: Secret(os.environ[_variable(name)]) for name in NAMES if _variable(name)}, ""
    yield _file_values(), str(credentials_file())
    yield _keyring_values(), "keyring"


def _variable(name: str) -> str:
    return next((v for v in VARIABLES[name] if os.environ.get(v, "").strip()), "")


def _checked(name: str, value: Secret, source: str) -> Secret:
    """Return the value without blanks around it."""
    stripped = Secret(value.reveal().strip())
    if not _like_a_key(stripped):
        raise ConfigurationError("credentials.malformed", name=name, source=source)
    return stripped


def _like_a_key(value: Secret) -> bool:
    text = value.reveal()
    return bool(text) and text.isascii() and text.isprintable() and not set(text) & set(" \"'")


def credentials_file() -> Path:
    """Return where the user's own file is, whether it exists or not."""
    return Path(platformdirs.user_config_dir("spark_magic", appauthor=False)) / _FILE_NAME


def _file_values() -> dict[str, Secret]:
    path = credentials_file()
    content = read_private(path)
    values = {} if content is None else _unpacked(content)
    if values is None:
        raise ConfigurationError("file.unreadable", path=path, detail="not JSON of three strings")
    return values


def _packed(credentials: Credentials) -> Secret:
    return Secret(msgspec.json.encode({name: getattr(credentials, name).reveal() for name in NAMES}).decode())


def _unpacked(content: bytes) -> dict[str, Secret] | None:
    """Return what was kept, without the empty ones; None for what nobody can read."""
    try:
        values = msgspec.json.decode(content, type=dict[str, str])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return {name: Secret(values[name]) for name in NAMES if values.get(name, "").strip()}


@without_frames
def save_credentials(credentials: Credentials) -> str:
    """Keep them for later kernels; return where: "keyring" where there is one, else the path of the file."""
    packed = _packed(credentials)
    if _keyring_call("set_password", packed) is not _FAILED:
        remove_private(credentials_file())  # an older file would win over the keyring
        return "keyring"
    write_private(credentials_file(), packed.reveal().encode())
    return str(credentials_file())


@without_frames
def forget_credentials() -> list[str]:
    """Remove what `save_credentials` kept; return the places that had something.

    ConfigurationError where it cannot be removed: nobody must believe that the keys are gone when they are not.
    """
    places = [str(credentials_file())] if remove_private(credentials_file()) else []
    if _keyring_values():
        if _keyring_call("delete_password") is _FAILED:
            raise ConfigurationError("keyring.locked")
        places.append("keyring")
    return places


_FAILED: Final = object()


def _keyring_values() -> dict[str, Secret]:
    stored = _keyring_call("get_password")
    if not isinstance(stored, str):
        return {}
    return _unpacked(stored.encode("utf-8", "replace")) or {}  # maybe another program's entry of the same name


def _keyring_call(function: str, *secrets: Secret) -> Any:
    """Call the keyring for our one entry; `_FAILED` where there is none, or where it is locked."""
    try:
        import keyring  # noqa: PLC0415  # optional, slow to import, and only needed as the last place
    except ImportError:
        return _FAILED
    try:
        if keyring.get_keyring().priority < 1:  # "fail", "null" and plain-text backends
            return _FAILED
        return getattr(keyring, function)(_SERVICE, "credentials", *(secret.reveal() for secret in secrets))
    except Exception:  # noqa: BLE001  # D-Bus, GLib and Windows raise their own; without a keyring there is the file
        return _FAILED
