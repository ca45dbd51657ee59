"""What time it is at a server: this machine's time, corrected by what that server told of its own."""

import time


class Clock:
    """Keeps a correction for each host, from the first refusal on; signatures are valid for five minutes only."""

    def __init__(self) -> None:
        """Start with this machine's time everywhere."""
        self._offsets: dict[str, float] = {}

    def now(self, host: str) -> float:
        """Return the time at `host` in seconds since the epoch."""
        return time.time() + self.offset(host)

    def offset(self, host: str) -> float:
        """Return the seconds this machine is behind `host`, as far as is known."""
        return self._offsets.get(host, 0.0)

    def correct(self, host: str, seconds: float) -> None:
        """Add to the correction what `host` still found missing."""
        self._offsets[host] = self.offset(host) + seconds
