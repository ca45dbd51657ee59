"""How often to update: what jupyter_server, a slow line and a reader can take."""

import time
from typing import Final

# Messages a second, updates and the widgets' own comings and goings together, stay under 21. jupyter_server would
# drop messages above 1,000/s, but a hub's proxy or a phone's line is slower.
_PER_MESSAGE: Final = 1 / 10  # seconds
_PER_LATER_MESSAGE: Final = 1 / 5  # the reader is far behind by then, and each closing block will be a message
_LATER: Final = 3.0  # seconds after the beginning
_START: Final = 0.2  # seconds between updates in the first second, when the widgets themselves were just sent
_BYTES_PER_SECOND: Final = 35_000  # bounds the traffic whatever the answer looks like
_MOST_WORK: Final = 0.25  # of the time: a long block takes a while to render, and the stream waits


class Pace:
    """Say when the next update is due, by what the last ones cost; the first one is due at once."""

    def __init__(self) -> None:
        """Start the clock."""
        self._began = self._asked = time.monotonic()
        self._next = self._began

    def due(self) -> bool:
        """Tell whether an update may be sent now."""
        self._asked = time.monotonic()
        return self._asked >= self._next

    def hurry(self) -> None:
        """Make an update due: there is something new to see, such as the first words."""
        self._next = self._began

    def spent(self, messages: int, size: int) -> None:
        """Take in what was sent since `due` said yes: how many messages, how many characters."""
        now = time.monotonic()
        elapsed = now - self._began
        per_message = _PER_MESSAGE if elapsed < _LATER else _PER_LATER_MESSAGE
        pause = max(messages * per_message, size / _BYTES_PER_SECOND, (now - self._asked) / _MOST_WORK)
        self._next = now + (max(pause, _START) if elapsed < 1 else pause)
