"""How many at once."""

import math
from typing import Final

from .patience import Patience

_OUTAGE: Final = 3  # refused alone in a row: others use the account up, which says nothing of its limit


class Places:
    """Up to `most` places. A refusal leaves as many as others were in flight: they had been let in, or will be told.

    So a round of refusals ends at exactly what was let in. One more is tried when all were in use for a while.
    """

    def __init__(self, most: int) -> None:
        """Begin with all."""
        self.count = most
        self.taken = 0
        self._most = most
        self._patience = Patience()
        self._cut = -math.inf  # when the last round of refusals was first heard of
        self._alone = 0  # refusals in a row with nothing else in flight
        self._to_prove = 0  # so many good ends until the newest place is one of ours; 0 when none is being tried
        self._tried: float | None = None  # when it was first taken

    def free(self) -> bool:
        """Tell whether one more may start."""
        return self.taken < self.count

    def take(self, now: float) -> None:
        """Note that one has started."""
        self.taken += 1
        if self._to_prove and self._tried is None and not self.free():
            self._tried = now

    def leave(self) -> None:
        """Note that one has ended."""
        self.taken = max(0, self.taken - 1)

    def answered(self, started: float) -> None:
        """Note that one let in has ended; try one more place if it is time."""
        full, self._alone = not self.free(), 0
        self.leave()
        if self._to_prove:
            self._prove(started)
        elif full and self.count < self._most and self._patience.over():
            self.count += 1
            self._to_prove, self._tried = self.count, None

    def _prove(self, started: float) -> None:
        """Count a good end for the newest place if it began while that was taken; a whole round proves it."""
        if self._tried is not None and started > self._tried:
            self._to_prove -= 1
            if not self._to_prove:
                self._patience.rewarded()

    def refused(self, now: float, started: float) -> int:
        """Note that one was refused; return how many others are in flight."""
        self.leave()
        fresh = started > self._cut
        if fresh:
            self._cut = now
        self._alone = 0 if self.taken else self._alone + 1
        if self.taken:
            self._patience.refused(fresh=fresh)
        elif self._alone == _OUTAGE:
            self._patience.rewarded()
        self.count = max(1, min(self.count, self.taken))
        self._to_prove = 0
        return self.taken
