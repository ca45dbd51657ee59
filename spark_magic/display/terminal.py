"""For terminal IPython and plain Python: the text as it comes."""

import sys

from ..answer import Answer
from ..events import Delta, Event, Reasoning
from ..messages import say
from ..render import to_plain
from .facts import Facts, Outcome, footer


class TerminalView:
    """Print each piece, free of control characters, and a last line about the answer."""

    def __init__(self, facts: Facts) -> None:
        """Print the notes."""
        self._facts = facts
        self._section = ""
        self._line_open = False
        for note in facts.notes:
            self._write(note + "\n")

    def take(self, event: Event) -> None:
        """Print the event's text; a heading where the reasoning begins and where it ends."""
        if isinstance(event, Reasoning):
            self._enter("reasoning")
            self._write(to_plain(event.text))
        elif isinstance(event, Delta):
            self._enter("answer")
            self._write(to_plain(event.text))

    def _enter(self, section: str) -> None:
        if section == self._section:
            return
        if section == "reasoning":
            self._write(f"[{say('label.reasoning')}]\n")
        elif self._section:
            self._write("\n\n")
        self._section = section

    def finish(self, answer: Answer, outcome: Outcome) -> None:
        """End the text and print its footer; nothing where nothing came, since the error says it all."""
        if self._line_open:
            self._write("\n")
        if outcome is Outcome.COMPLETE or self._section:
            self._write(f"[{footer(self._facts, answer, outcome)}]\n")

    def _write(self, text: str) -> None:
        """Write at once; what the output's encoding cannot say becomes an escape, not an error."""
        encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
        sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding))
        sys.stdout.flush()
        self._line_open = not text.endswith("\n")
