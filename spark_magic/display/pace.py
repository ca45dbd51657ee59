"""How often to update: what jupyter_server, a slow line and a reader can take."""

import time
from typing import Final

_PER_MESSAGE: Final = 1 / 15  # seconds; jupyter_server drops messages above 1,000/s, a screen shows 60
_BYTES_PER_SECOND: Final = 60_000  # bounds the traffic whatever the answer looks like
_START: Final = 0.15  # seconds between updates in the first second, when the widgets themselves were just sent


class Pace:
    """Say when the next update is due, by what the last ones cost; the first one is due at once."""

    def __init__(self) -> None:
        """Start the clock."""
        self._began = time.monotonic()
        self._next = self._began

    def due(self) -> bool:
        """Tell whether an update may be sent now."""
        return time.monotonic() >= self._next

    def spent(self, messages: int, size: int) -> None:
        """Take in what was just sent: how many messages, how many characters."""
        now = time.monotonic()
        pause = max(messages * _PER_MESSAGE, size / _BYTES_PER_SECOND)
        self._next = now + (max(pause, _START) if now - self._began < 1 else pause)
