"""One question over the wire: sign, open, send, decode, and ask again where that may help."""

from .client import Client, HasTarget
from .parameters import checked_parameters, unknown_to

__all__ = ["Client", "HasTarget", "checked_parameters", "unknown_to"]
