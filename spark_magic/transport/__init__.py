"""One WebSocket connection within byte and time budgets. The only room that knows the `websocket` library."""

from .budget import ByteBudget
from .connection import Connection
from .deadline import PHASES, SLICE, Phase

__all__ = ["PHASES", "SLICE", "ByteBudget", "Connection", "Phase"]
