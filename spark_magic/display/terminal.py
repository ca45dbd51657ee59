"""For terminal IPython and plain Python: the text as it comes."""

import sys

from ..answer import Answer
from ..events import Delta, Event, Notice, Reasoning, Retrying
from ..messages import say
from ..render import to_plain
from .facts import Facts, Outcome, footer, retrying
from .sources import sources_text


class TerminalView:
    """Print each piece, free of control characters, and a last line about the answer."""

    def __init__(self, facts: Facts) -> None:
        """Print the notes."""
        self._facts = facts
        self._section = ""
        self._line_open = False
        self._retries = 0
        for note in facts.notes:
            self._write_line(note)

    def take(self, event: Event) -> None:
        """Print the event's text; a heading where the reasoning begins and where it ends."""
        if isinstance(event, Reasoning):
            self._enter("reasoning")
            self._write(to_plain(event.text))
        elif isinstance(event, Delta):
            self._enter("answer")
            self._write(to_plain(event.text))
        elif isinstance(event, Notice):
            self._facts = self._facts.noting(event)
            self._write_line(to_plain(self._facts.notes[-1]))
        elif isinstance(event, Retrying) and event.number > self._retries:
            self._retries = event.number
            self._write_line(to_plain(retrying(event)))

    def _enter(self, section: str) -> None:
        if section == self._section:
            return
        if section == "reasoning":
            self._write(f"[{say('label.reasoning')}]\n")
        elif self._section:
            self._write("\n\n")
        self._section = section

    def finish(self, answer: Answer, outcome: Outcome, problem: tuple[str, ...] = ()) -> None:  # noqa: ARG002  # the prompt shows it
        """End the text and print its footer; nothing where nothing came, since the error says it all."""
        if outcome is Outcome.COMPLETE or self._section:
            if sources := sources_text(answer.references):
                self._write_line(f"\n{sources}" if self._line_open else sources)
            self._write_line(f"[{footer(self._facts, answer, outcome)}]")
        elif self._line_open:
            self._write("\n")

    def _write_line(self, text: str) -> None:
        """Write a line of its own."""
        self._write(f"\n{text}\n" if self._line_open else f"{text}\n")

    def _write(self, text: str) -> None:
        """Write at once; what the output's encoding cannot say becomes an escape, not an error."""
        encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
        sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding))
        sys.stdout.flush()
        self._line_open = not text.endswith("\n")


class QuietView(TerminalView):
    """Print the notes and nothing more, for an answer in the background: somebody is typing at the prompt."""

    def take(self, event: Event) -> None:
        """Print nothing; `str()` of the pending answer is what came so far."""

    def finish(self, answer: Answer, outcome: Outcome, problem: tuple[str, ...] = ()) -> None:
        """Print nothing; `wait()` returns the answer, which is shown then, or raises the error."""
