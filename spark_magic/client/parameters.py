"""The parameters of a request, checked before anything is sent."""

from typing import Final

from ..errors import ConfigurationError
from ..models import Model
from ..target import Parameters

_TYPES: Final[dict[str, type | tuple[type, ...]]] = {"temperature": (int, float), "top_k": int, "max_tokens": int}


def checked_parameters(model: Model, parameters: Parameters) -> Parameters:
    """Return what to send: temperature 0 as the smallest the model takes; ConfigurationError for what it cannot take.

    A `max_tokens` above the documented limit is sent as it is: limits have grown before.
    """
    temperature, top_k, max_tokens = parameters.temperature, parameters.top_k, parameters.max_tokens
    for name, types in _TYPES.items():
        value = getattr(parameters, name)
        if value is not None and (isinstance(value, bool) or not isinstance(value, types)):
            raise ConfigurationError("parameter.type", name=name, value=value)
    if temperature is not None and not 0 <= temperature <= model.temperature_most:
        raise ConfigurationError("parameter.temperature", value=temperature, most=model.temperature_most)
    if top_k is not None and not 1 <= top_k <= 6:  # noqa: PLR2004  # protocol page, section 3
        raise ConfigurationError("parameter.top_k", value=top_k)
    if max_tokens is not None and max_tokens < 1:
        raise ConfigurationError("parameter.max_tokens", value=max_tokens)
    least = None if temperature is None else max(temperature, model.temperature_least)
    return Parameters(least, top_k, max_tokens)
