"""What the kernel remembers: turns, a token budget, and all-or-nothing commits."""

from .conversation import Conversation
from .exchange import Exchange
from .judged import Judge, Refused, Taken
from .plan import Plan
from .repair import judge_of
from .seam import Further
from .turn import Example, Turn

__all__ = ["Conversation", "Example", "Exchange", "Further", "Judge", "Plan", "Refused", "Taken", "Turn", "judge_of"]
