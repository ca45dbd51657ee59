"""The user's own stop: no error, and one line on the screen."""

from ..messages import say


class SparkInterrupted(KeyboardInterrupt):
    """The user's own stop: what came so far stays on the screen, and only a complete answer is remembered."""

    def __init__(self, *, complete: bool = False, kept: str = "", go_on: str = "") -> None:
        """Take whether the answer was complete when the stop came; of several, the model whose answer is remembered.

        `go_on` is the line that goes on with what came, if anything did.
        """
        super().__init__()
        self.complete = complete
        self.kept = kept
        self.go_on = go_on

    def __str__(self) -> str:
        """Say so in one line."""
        if self.kept:
            return say("interrupted.kept", kept=self.kept)
        if self.go_on and not self.complete:
            return say("interrupted.go_on", line=self.go_on)
        return say("interrupted.complete" if self.complete else "interrupted")

    def _render_traceback_(self) -> list[str]:
        """Show IPython one line instead of a traceback."""
        return [f"{type(self).__name__}: {self}"]


class RunInterrupted(SparkInterrupted):
    """The user's own end of a run over a table's rows; those that are done are in the journal."""

    def __init__(self, *, ahead: bool = False, fresh: str = "") -> None:
        """Take whether no row was asked yet; `fresh` is the option that would have all of them asked again."""
        super().__init__()
        self.ahead, self.fresh = ahead, fresh

    def __str__(self) -> str:
        """Say so in one line."""
        if self.ahead:
            return say("interrupted.ahead")
        return say("interrupted.fresh", option=self.fresh) if self.fresh else say("interrupted.run")


class WaitInterrupted(SparkInterrupted):
    """The user's own end of waiting for an answer in the background, which goes on."""

    def __str__(self) -> str:
        """Say so in one line."""
        return say("shown.wait_over")
