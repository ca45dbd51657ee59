"""The settings: everything that is neither a secret nor an address."""

import math
import os
from typing import TYPE_CHECKING, Any, Final, get_args

from traitlets import Bool, CFloat, CInt, Enum, TraitError, Unicode, observe, validate
from traitlets.config import Configurable

from ..messages import say, use_language
from ..target import Limits, Parameters, SearchMode, Target, Thinking

if TYPE_CHECKING:
    from ..models import Model

_LIMITS: Final = Limits()
_URL_VARIABLES: Final = ("SPARK_URL", "SPARKAI_URL")
_DOMAIN_VARIABLES: Final = ("SPARK_DOMAIN", "SPARKAI_DOMAIN")
TIMEOUTS: Final = ("open_timeout", "send_timeout", "first_timeout", "idle_timeout", "total_timeout")

PARAMETERS: Final = tuple(Parameters.__dataclass_fields__)

# All of them, in the order they are shown.
SETTINGS: Final = (
    *("model", "system", "examples"),
    *PARAMETERS,
    *TIMEOUTS,
    *("retries", "max_bytes", "warn_tokens", "confirm_rows", "autosave", "lang", "take_over"),
)


class Settings(Configurable):
    """What `%spark_config` sets and `%config SparkMagics` shows; the default of a parameter is the server's."""

    model = Unicode("", help="Alias of the model; empty: the default, ultra.").tag(config=True)
    system = Unicode("", help="System prompt, sent in front of every conversation.").tag(config=True)
    temperature = CFloat(None, allow_none=True, help="0 to 1 (X1, X2: 2); None: the server's.").tag(config=True)
    top_k = CInt(None, allow_none=True, help="1 to 6; None: the server's.").tag(config=True)
    max_tokens = CInt(None, allow_none=True, help="Longest answer in tokens; None: the server's.").tag(config=True)
    thinking = Enum(
        get_args(Thinking), None, allow_none=True, help="Reasoning models: on, off or auto; None: the server's."
    ).tag(config=True)
    search = Bool(None, allow_none=True, help="Whether the model may search the web; None: the server's.").tag(
        config=True
    )
    search_mode = Enum(
        get_args(SearchMode), None, allow_none=True, help="Search in summaries or in whole pages; None: the server's."
    ).tag(config=True)
    references = Bool(None, allow_none=True, help="Whether a search names its sources; None: the server's.").tag(
        config=True
    )
    lang = Enum(("", "en", "zh"), "", help="Language of messages; empty: SPARK_LANG, else the locale.").tag(config=True)
    open_timeout = CFloat(_LIMITS.open_timeout, help="Seconds to connect, TLS and handshake included.").tag(config=True)
    send_timeout = CFloat(_LIMITS.send_timeout, help="Seconds to send the question.").tag(config=True)
    first_timeout = CFloat(_LIMITS.first_timeout, help="Seconds until the answer begins.").tag(config=True)
    idle_timeout = CFloat(_LIMITS.idle_timeout, help="Seconds between two pieces of it.").tag(config=True)
    total_timeout = CFloat(_LIMITS.total_timeout, help="Seconds for the whole call.").tag(config=True)
    retries = CInt(_LIMITS.retries, min=0, help="Attempts after a failure before the first words.").tag(config=True)
    max_bytes = CInt(_LIMITS.max_bytes, min=1, help="Most bytes the server may send for one answer.").tag(config=True)
    examples = Unicode("", help="File of few-shot pairs, YAML or JSON; empty: none.").tag(config=True)
    autosave = Bool(default_value=False, help="Save conversations; a restarted kernel has them again.").tag(config=True)
    warn_tokens = CInt(100_000, min=0, help="Say so at so many tokens and each multiple; 0: never.").tag(config=True)
    confirm_rows = CInt(500, min=0, help="Ask before more rows of a table than these; 0: never.").tag(config=True)
    take_over = Bool(
        default_value=False, help="Register %%spark even where another extension (Apache Spark's) has it."
    ).tag(config=True)

    @validate(*TIMEOUTS)
    def _positive(self, proposal: Any) -> float:
        """Refuse what no clock reaches; NaN would wait for ever."""
        seconds: float = proposal["value"]
        if not 0 < seconds < math.inf:
            message = f"{proposal['trait'].name}: {say('usage.seconds', value=seconds)}"
            raise TraitError(message)
        return seconds

    @observe("lang")
    def _speak(self, change: Any) -> None:
        use_language(change["new"])

    def target(self, model: str = "", **parameters: Any) -> Target:
        """Return where and how to ask, with these options in place of the settings'.

        UnknownModel and other ConfigurationErrors where the model, a variable or the file is not right.
        """
        kept = {name: getattr(self, name) for name in PARAMETERS}
        chosen = kept | {name: value for name, value in parameters.items() if value is not None}
        limits = Limits(**{name: getattr(self, name) for name in Limits.__dataclass_fields__})
        return Target(self.chosen_model(model), Parameters(**chosen), limits, allowed_hosts())

    def chosen_model(self, name: str = "") -> "Model":
        """Return the model: the one named, else the setting's, else the default at the environment's address."""
        from ..models import DEFAULT_ALIAS, MODELS, at_address, check_pair, find  # noqa: PLC0415  # not when loading
        from .file import read_config_file  # noqa: PLC0415  # as above

        custom = read_config_file().models
        if name or self.model:
            model = find(name or self.model, custom)
            if model.alias not in {known.alias for known in MODELS}:
                check_pair(model)  # whoever replaces a built-in row knows better, and has a way out when pairs change
            return model
        default = find(DEFAULT_ALIAS, custom)
        url, domain = from_environment(_URL_VARIABLES)[0], from_environment(_DOMAIN_VARIABLES)[0]
        return at_address(url, domain, default, custom)


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
