"""The settings: everything that is neither a secret nor an address."""

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from traitlets import Bool, CFloat, CInt, Enum, Unicode, observe
from traitlets.config import Configurable

from ..messages import use_language
from ..target import Limits, Parameters, Target

if TYPE_CHECKING:
    from ..models import Model

_LIMITS: Final = Limits()
_URL_VARIABLES: Final = ("SPARK_URL", "SPARKAI_URL")
_DOMAIN_VARIABLES: Final = ("SPARK_DOMAIN", "SPARKAI_DOMAIN")


class Settings(Configurable):
    """What `%spark_config` sets and `%config SparkMagics` shows; the default of a parameter is the server's."""

    model = Unicode("", help="Alias of the model; empty: the default, ultra.").tag(config=True)
    system = Unicode("", help="System prompt, sent in front of every conversation.").tag(config=True)
    temperature = CFloat(None, allow_none=True, help="0 to 1 (X1, X2: 2); None: the server's.").tag(config=True)
    top_k = CInt(None, allow_none=True, help="1 to 6; None: the server's.").tag(config=True)
    max_tokens = CInt(None, allow_none=True, help="Longest answer in tokens; None: the server's.").tag(config=True)
    lang = Enum(("", "en", "zh"), "", help="Language of messages; empty: SPARK_LANG, else the locale.").tag(config=True)
    open_timeout = CFloat(_LIMITS.open_timeout, help="Seconds to connect, TLS and handshake included.").tag(config=True)
    send_timeout = CFloat(_LIMITS.send_timeout, help="Seconds to send the question.").tag(config=True)
    first_timeout = CFloat(_LIMITS.first_timeout, help="Seconds until the answer begins.").tag(config=True)
    idle_timeout = CFloat(_LIMITS.idle_timeout, help="Seconds between two pieces of it.").tag(config=True)
    total_timeout = CFloat(_LIMITS.total_timeout, help="Seconds for the whole call.").tag(config=True)
    max_bytes = CInt(_LIMITS.max_bytes, help="Most bytes the server may send for one answer.").tag(config=True)
    take_over = Bool(
        default_value=False, help="Register %%spark even where another extension (Apache Spark's) has it."
    ).tag(config=True)

    @observe("lang")
    def _speak(self, change: Any) -> None:
        use_language(change["new"])

    def target(self, model: str = "", **parameters: Any) -> Target:
        """Return where and how to ask, with these options in place of the settings'.

        UnknownModel, HostRefused and other ConfigurationErrors where something is not right.
        """
        kept = {name: getattr(self, name) for name in ("temperature", "top_k", "max_tokens")}
        chosen = kept | {name: value for name, value in parameters.items() if value is not None}
        limits = Limits(**{name: getattr(self, name) for name in Limits.__dataclass_fields__})
        return Target(self.chosen_model(model), Parameters(**chosen), limits, allowed_hosts())

    def chosen_model(self, name: str = "") -> "Model":
        """Return the model: the one named, else the setting's, else the default at the environment's address."""
        from ..models import DEFAULT_ALIAS, at_address, find  # noqa: PLC0415  # not when the extension is loaded
        from .file import read_config_file  # noqa: PLC0415  # as above

        custom = read_config_file().models
        if name or self.model:
            return find(name or self.model, custom)
        default = find(DEFAULT_ALIAS, custom)
        url, domain = from_environment(_URL_VARIABLES)[0], from_environment(_DOMAIN_VARIABLES)[0]
        if not (url or domain):
            return default
        found = at_address(url, domain, default, custom)
        return replace(found, alias=found.alias if found.alias != "sandbox" else DEFAULT_ALIAS)


def from_environment(names: tuple[str, ...]) -> tuple[str, str]:
    """Return the first variable that is set, stripped, and its name; two empty strings where none is."""
    for name in names:
        if value := os.environ.get(name, "").strip():
            return value, name
    return "", ""


def address_sources() -> dict[str, str]:
    """Return which variables replace the default model's address: {"url": …, "domain": …}, empty strings if none."""
    return {"url": from_environment(_URL_VARIABLES)[1], "domain": from_environment(_DOMAIN_VARIABLES)[1]}


def allowed_hosts() -> tuple[str, ...]:
    """Return the hosts besides the vendor's that the user trusts with the keys."""
    from .file import read_config_file  # noqa: PLC0415  # as above

    listed = os.environ.get("SPARK_ALLOWED_HOSTS", "").replace(",", " ").split()
    return (*listed, *read_config_file().allowed_hosts)
