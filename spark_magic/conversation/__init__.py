"""What the kernel remembers: turns, a token budget, and all-or-nothing commits."""

from .conversation import Conversation, Example, Plan, Turn
from .exchange import Exchange
from .judged import Judge, Refused, Taken
from .seam import Further

__all__ = ["Conversation", "Example", "Exchange", "Further", "Judge", "Plan", "Refused", "Taken", "Turn"]
