"""How many requests at once and how many a second: slower when the service says so, faster again. Pure."""

from .throttle import Throttle

__all__ = ["Throttle"]
