"""The parameters of a request, checked before anything is sent."""

from dataclasses import replace
from typing import Final, get_args

from ..errors import ConfigurationError
from ..models import Model
from ..target import Parameters, SearchMode, Thinking

_TYPES: Final[dict[str, type | tuple[type, ...]]] = {"temperature": (int, float), "top_k": int, "max_tokens": int}
_CHOICES: Final[dict[str, tuple[object, ...]]] = {
    "thinking": get_args(Thinking),
    "search": (True, False),
    "search_mode": get_args(SearchMode),
    "references": (True, False),
}


def checked_parameters(model: Model, parameters: Parameters) -> Parameters:
    """Return what to send: temperature 0 as the smallest the model takes, nothing about abilities it does not have.

    ConfigurationError for what it cannot take. A `max_tokens` above the documented limit is sent as it is: limits
    have grown before.
    """
    _check_types(parameters)
    temperature, top_k, max_tokens = parameters.temperature, parameters.top_k, parameters.max_tokens
    if temperature is not None and not 0 <= temperature <= model.temperature_most:
        raise ConfigurationError("parameter.temperature", value=temperature, most=model.temperature_most)
    if top_k is not None and not 1 <= top_k <= 6:  # noqa: PLR2004  # protocol page, section 3
        raise ConfigurationError("parameter.top_k", value=top_k)
    if max_tokens is not None and max_tokens < 1:
        raise ConfigurationError("parameter.max_tokens", value=max_tokens)
    least = None if temperature is None else max(temperature, model.temperature_least)
    return replace(parameters, temperature=least, **dict.fromkeys(unknown_to(model, parameters)))


def unknown_to(model: Model, parameters: Parameters) -> tuple[str, ...]:
    """Name the parameters that are given and that the model does not know: they are not sent."""
    known = {
        "thinking": model.reasoning,
        "search": model.web_search,
        "search_mode": model.web_search,
        "references": model.web_search,
    }
    return tuple(name for name, able in known.items() if not able and getattr(parameters, name) is not None)


def _check_types(parameters: Parameters) -> None:
    """Raise ConfigurationError for a value of the wrong kind: `ask(temperature="0.5")`, say."""
    for name, types in _TYPES.items():
        value = getattr(parameters, name)
        if value is not None and (isinstance(value, bool) or not isinstance(value, types)):
            raise ConfigurationError("parameter.type", name=name, value=value)
    for name, choices in _CHOICES.items():
        value = getattr(parameters, name)
        if value is not None and not any(type(value) is type(c) and value == c for c in choices):
            raise ConfigurationError("parameter.choice", name=name, value=value, choices=", ".join(map(str, choices)))
