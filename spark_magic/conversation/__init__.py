"""What the kernel remembers: turns, a token budget, and all-or-nothing commits."""

from .conversation import Conversation, Example, Plan, Turn
from .exchange import Exchange

__all__ = ["Conversation", "Example", "Exchange", "Plan", "Turn"]
