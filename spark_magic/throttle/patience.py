"""How long to be content before a little more is tried."""

from typing import Final

_FIRST: Final = 4  # good ends
_AFTER_REFUSAL: Final = 32
_MOST: Final = 128
_EACH: Final = (
    2  # good ends more for each further refusal of a round: a crowd turned away has cost as much as many tries
)


class Patience:
    """So many good ends before the next try: doubled where it was refused, at most 128, and few where it went well."""

    def __init__(self) -> None:
        """Begin with little."""
        self.needed = _FIRST
        self._left = _FIRST

    def over(self) -> bool:
        """Count a good end; tell whether it is time to try."""
        self._left -= 1
        return self._left <= 0

    def refused(self, *, fresh: bool) -> None:
        """Wait longer; `fresh` is the first refusal of a round."""
        self.needed = min(_MOST, max(_AFTER_REFUSAL, self.needed * 2) if fresh else self.needed + _EACH)
        self._left = self.needed

    def rewarded(self) -> None:
        """Be quick again: more was tried, and it was let in."""
        self.needed = self._left = _FIRST
