"""One question over the wire: sign, open, send, decode, and ask again where that may help."""

from .client import Client, HasTarget
from .parameters import checked_parameters, unknown_to
from .retry import doubled, pause_after

__all__ = ["Client", "HasTarget", "checked_parameters", "doubled", "pause_after", "unknown_to"]
