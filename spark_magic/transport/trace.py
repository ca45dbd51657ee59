"""The library's own log, without our connections: its trace has the signed address and all that is sent."""

import inspect
import logging
from typing import Final

_LOGGER: Final = logging.getLogger("websocket")
_OURS: Final = __name__.rpartition(".")[0] + "."


def silence_trace() -> None:
    """Have nothing of our connections logged, whoever calls `websocket.enableTrace(True)`; others' are as they were."""
    _LOGGER.addFilter(_not_ours)  # once: the same function again is not added


def _not_ours(_: logging.LogRecord) -> bool:
    """Tell whether a record was made outside of this room: no state that an interrupt could leave behind."""
    frame = inspect.currentframe()
    frame = frame and frame.f_back
    while frame is not None:
        if frame.f_globals.get("__name__", "").startswith(_OURS):
            return False
        frame = frame.f_back
    return True
