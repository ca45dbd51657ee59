"""One WebSocket connection within byte and time budgets. The only room that knows the `websocket` library."""

from .connection import Connection

__all__ = ["Connection"]
