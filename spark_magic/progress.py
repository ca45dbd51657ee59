"""How far a long run is: frozen data, nothing else."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Progress:
    """The counts of a run over `total` rows, at one moment; seconds since its start.

    Of the rows that are `done`, some have `failed`, some were `skipped` (nothing in them) and some `journalled` (taken
    from the journal, at no cost); `cut` and `flagged` answers are less than one hopes for. Of the failed, some are
    `passing`, which the next run asks again, and some `lasting`, which it does not. `repeated` rows were asked again
    because a worker died. `tokens` are those this run is billed. `concurrency` and `qps` (None: any) are what the
    throttle allows now, after the service said `limited` times that it was too fast.
    """

    total: int
    done: int = 0
    failed: int = 0
    skipped: int = 0
    journalled: int = 0
    repeated: int = 0
    tokens: int = 0
    seconds: float = 0.0
    concurrency: int = 0
    qps: float | None = None
    limited: int = 0
    passing: int = 0
    lasting: int = 0
    cut: int = 0
    flagged: int = 0

    @property
    def rate(self) -> float:
        """Rows per second that were asked: those from the journal and the skipped ones took no time; 0.0 at first."""
        asked = self.done - self.journalled - self.skipped
        return asked / self.seconds if asked > 0 and self.seconds > 0 else 0.0

    @property
    def left(self) -> float | None:
        """Seconds until all are done, at this rate; None while there is none."""
        rows = self.total - self.done
        if rows <= 0:
            return 0.0
        return rows / self.rate if self.rate else None
