"""The catalogue: one frozen row per alias. Sources: the protocol page, section 1.

Keyed by our own alias, because the vendor's domains repeat: `spark-x` is X1.5 at one address and X2 at another.
"""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlsplit

from .address import canonical_address, is_loopback, shown_address
from .errors import ConfigurationError, UnknownModel, masked_text

_K: Final = 1024
DEFAULT_ALIAS: Final = "ultra"
SANDBOX_ALIAS: Final = "sandbox"
IMAGE_ALIAS: Final = "image"  # whom to ask about a picture


@dataclass(frozen=True, slots=True)
class Model:
    """One model: where it is and what it takes.

    `input_tokens` bounds the sum of all messages, `output_tokens` is the largest documented `max_tokens` (a
    warning, not a limit of ours). Temperature 0 is sent as `temperature_least`. `legacy_domains` are older names
    that the same address still takes, `patch_id` names a fine-tuned model's resource.
    """

    alias: str
    url: str
    domain: str
    input_tokens: int = 8 * _K
    output_tokens: int = 8 * _K
    temperature_least: float = 0.01  # documented as (0, 1]: zero itself is refused
    temperature_most: float = 1.0
    system_role: bool = False
    reasoning: bool = False
    web_search: bool = False
    references: bool = False
    images: bool = False
    retired: bool = False
    legacy_domains: tuple[str, ...] = ()
    patch_id: str | None = None

    def __post_init__(self) -> None:
        """Write the address in one way: it is compared, shown, signed and sent."""
        object.__setattr__(self, "url", canonical_address(self.url))


_CHAT: Final = "wss://spark-api.xf-yun.com"
_IMAGES: Final = "wss://spark-api.cn-huabei-1.xf-yun.com"
_THINKING: Final = {"temperature_most": 2.0, "system_role": True, "reasoning": True, "web_search": True}

MODELS: Final[tuple[Model, ...]] = (
    Model("lite", f"{_CHAT}/v1.1/chat", "lite", output_tokens=4 * _K, legacy_domains=("general",)),
    Model("v2", f"{_CHAT}/v2.1/chat", "generalv2", retired=True),
    Model("pro", f"{_CHAT}/v3.1/chat", "generalv3", web_search=True),
    Model(
        "pro-128k",
        f"{_CHAT}/chat/pro-128k",
        "pro-128k",
        input_tokens=128 * _K,
        output_tokens=4 * _K,
        web_search=True,
    ),
    Model("max", f"{_CHAT}/v3.5/chat", "generalv3.5", system_role=True, web_search=True, references=True),
    Model(
        "max-32k",
        f"{_CHAT}/chat/max-32k",
        "max-32k",
        input_tokens=32 * _K,
        system_role=True,
        web_search=True,
    ),
    Model(
        "ultra",
        f"{_CHAT}/v4.0/chat",
        "4.0Ultra",
        input_tokens=32 * _K,  # 8K in April 2025, 32K in every later reading
        output_tokens=32 * _K,
        system_role=True,
        web_search=True,
        references=True,
    ),
    Model(
        "x1",
        f"{_CHAT}/v1/x1",
        "spark-x",
        input_tokens=64 * _K,
        output_tokens=64 * _K,
        legacy_domains=("x1",),
        **_THINKING,  # type: ignore[arg-type]  # keyword names checked by test_models
    ),
    Model(
        "x2",
        f"{_CHAT}/x2",
        "spark-x",
        input_tokens=64 * _K,
        output_tokens=128 * _K,
        **_THINKING,  # type: ignore[arg-type]  # as above
    ),
    # A picture costs 273 tokens with the first; with the second it depends on the picture.
    Model(IMAGE_ALIAS, f"{_IMAGES}/v2.1/image", "general", images=True),
    Model("imagev3", f"{_IMAGES}/v2.1/image", "imagev3", images=True, legacy_domains=("image",)),
    Model("kjwx", "wss://spark-openapi-n.cn-huabei-1.xf-yun.com/v1.1/chat_kjwx", "kjwx"),
    Model("multilang", "wss://spark-api-n.xf-yun.com/v1.1/chat_multilang", "multilang"),
    Model(
        SANDBOX_ALIAS,
        "ws://127.0.0.1/v4.0/chat",  # the port is known once it runs
        "4.0Ultra",
        input_tokens=32 * _K,
        output_tokens=32 * _K,
        system_role=True,
        reasoning=True,
        web_search=True,
        references=True,
        images=True,
    ),
)

# What people who come from older scripts write: the version in the old URL, or the domain.
SYNONYMS: Final = {
    "v1.1": "lite",
    "v2.1": "v2",
    "v3.1": "pro",
    "v3.5": "max",
    "v4.0": "ultra",
    "general": "lite",
    "generalv2": "v2",
    "generalv3": "pro",
    "generalv3.5": "max",
    "4.0ultra": "ultra",
    "x1.5": "x1",
}


def catalogue(custom: Iterable[Model] = ()) -> dict[str, Model]:
    """Return all models by alias; a custom row of the same alias takes the built-in one's place."""
    return {model.alias: model for model in (*MODELS, *custom)}


def find(name: str, custom: Iterable[Model] = ()) -> Model:
    """Return the model of that alias, or of the old version or domain name; UnknownModel names the nearest."""
    known = catalogue(custom)
    wanted = name.strip().lower()
    by_lower = {alias.lower(): model for alias, model in known.items()}
    if found := by_lower.get(wanted) or known.get(SYNONYMS.get(wanted, "")):
        return found
    close = difflib.get_close_matches(wanted, [*by_lower, *SYNONYMS], n=1, cutoff=0.4)
    aliases = ", ".join(known)
    if close:
        raise UnknownModel("model.mistyped", name=name, nearest=SYNONYMS.get(close[0], close[0]), aliases=aliases)
    raise UnknownModel("model.unknown", name=name, aliases=aliases)


def at_address(url: str, domain: str, default: Model, custom: Iterable[Model] = ()) -> Model:
    """Return the model at `url` with `domain`, either of which may be empty.

    What is missing comes from the catalogue: a known URL brings its domain, an unambiguous domain its URL. A pair
    the catalogue knows to be wrong is a ConfigurationError. An address it does not know keeps `default`'s limits.
    """
    known = tuple(model for model in catalogue(custom).values() if model.alias != SANDBOX_ALIAS)
    if not url:
        return _by_domain(domain, default, known) if domain else default
    same_place = [model for model in known if _same_place(url, model.url)]
    if not same_place:
        # The domain in the alias's place: else the footer would name a wrong model.
        alias = default.alias if domain in ("", default.domain) else masked_text(domain)
        return replace(default, alias=alias, url=url, domain=domain or default.domain, patch_id=None)
    if not domain:
        return replace(same_place[0], url=url)
    for model in same_place:
        if domain in (model.domain, *model.legacy_domains):
            return replace(model, url=url, domain=domain)
    raise _mismatch(url, domain, same_place)


def check_pair(model: Model) -> None:
    """Raise ConfigurationError for a known address with a domain that is not served there."""
    same_place = [other for other in MODELS if other.alias != SANDBOX_ALIAS and _same_place(model.url, other.url)]
    if same_place and not any(model.domain in (other.domain, *other.legacy_domains) for other in same_place):
        raise _mismatch(model.url, model.domain, same_place)


def _mismatch(url: str, domain: str, served: list[Model]) -> ConfigurationError:
    pair = " / ".join(f"{model.url} {model.domain}" for model in served)
    return ConfigurationError("model.mismatch", url=shown_address(url), domain=masked_text(domain), pair=pair)


def _by_domain(domain: str, default: Model, known: tuple[Model, ...]) -> Model:
    if domain in (default.domain, *default.legacy_domains):
        return replace(default, domain=domain)
    served = [m for m in known if domain in (m.domain, *m.legacy_domains) and not m.images]  # `general` is Lite
    if len(served) > 1:
        aliases = ", ".join(model.alias for model in served)
        raise ConfigurationError("model.ambiguous", domain=domain, aliases=aliases)
    if not served:
        raise _mismatch(default.url, domain, [default])
    return replace(served[0], domain=domain)


def _same_place(one: str, other: str) -> bool:
    """Tell whether two addresses are the same endpoint; on this machine (a sandbox) the path alone decides."""
    try:
        mine, theirs = urlsplit(canonical_address(one)), urlsplit(other)
    except ValueError:
        return False  # no address at all; whoever goes there says so
    same_host = mine.hostname == theirs.hostname or is_loopback(mine.hostname or "")
    return same_host and mine.path == theirs.path
