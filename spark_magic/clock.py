"""What time it is at a server: this machine's time, corrected by what that server told of its own."""


class Clock:
    """Keeps a correction for each host, from the first refusal on; signatures are valid for five minutes only."""

    def __init__(self) -> None:
        """Start with this machine's time everywhere."""
        self._offsets: dict[str, float] = {}

    def offset(self, host: str) -> float:
        """Return the seconds this machine is behind `host`, as far as is known."""
        return self._offsets.get(host, 0.0)

    def correct(self, host: str, seconds: float) -> None:
        """Note how many seconds this machine is behind `host`, whatever was noted before."""
        self._offsets[host] = seconds
