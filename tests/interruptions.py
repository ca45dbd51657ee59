"""Interrupt a question at every line of ours it runs through, from inside the kernel that runs it."""

import signal
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

import spark_magic
from spark_magic.client import retry

_OURS = str(Path(spark_magic.__file__).parent)
_DESCRIPTORS = Path("/proc/self/fd")
QUESTION = "sandbox: error 10008\nsandbox: first 1\nsandbox: think 2\nsandbox: references\nsandbox: say one two three"
ANSWER = "one two three"


class Tracer:
    """Notes the lines of ours that are run, in order; interrupts when one is reached for the first time."""

    def __init__(self, at=None):
        self.lines, self._at, self.fired = {}, at, False

    def __call__(self, frame, event, _):
        if not frame.f_code.co_filename.startswith(_OURS):
            return None
        if event == "line":
            self._reached((frame.f_code.co_filename.removeprefix(_OURS), frame.f_lineno))
        return self

    def _reached(self, line):
        self.lines[line] = self.lines.get(line, 0) + 1
        if line == self._at and not self.fired:
            self.fired = True
            signal.raise_signal(signal.SIGINT)

    @contextmanager
    def tracing(self):
        """Trace the block, in this thread."""
        sys.settrace(self)
        try:
            yield
        finally:
            sys.settrace(None)


class Subject:
    """The kernel: what it holds open, and its conversation."""

    def __init__(self, shell):
        retry._FIRST_PAUSE = retry._JITTER = 0.001  # the pauses are no lines of their own
        self._shell = shell
        self._asked = 0
        self.state = shell._spark_magic_state

    @property
    def turns(self):
        return self.state.conversation.turns

    def ask(self, question=QUESTION):
        """Ask a question that was never asked before."""
        self._asked += 1
        return self._shell.run_cell_magic("spark", "", f"question {self._asked}\n{question}")

    def held(self):
        """Return what must be the same after a question as before it."""
        from ipykernel.comm import Comm  # noqa: F401  # makes the manager known

        try:
            from comm import get_comm_manager

            comms = len(get_comm_manager().comms)
        except ImportError:
            comms = len(self._shell.kernel.comm_manager.comms)
        sockets = open_sockets()
        threads = sorted(t.name for t in threading.enumerate() if t.name.startswith("spark"))
        return comms, sockets, threads, signal.getsignal(signal.SIGINT)


def open_sockets():
    """Return how many sockets this process has open."""
    return sum("socket" in _target(entry) for entry in _DESCRIPTORS.iterdir())


def _target(entry):
    try:
        return str(entry.readlink())
    except OSError:  # the descriptor of the listing itself
        return ""


def lines_of_a_question(shell):
    """Return the lines that a question runs through once everything is loaded."""
    subject, tracer = Subject(shell), Tracer()
    subject.ask()
    with tracer.tracing():
        subject.ask()
    return list(tracer.lines)


def complaints(shell, lines):
    """Interrupt a question at each of these lines; return what is wrong afterwards, if anything, as (line, what)."""
    subject, found = Subject(shell), []
    for line in lines:
        found += [(line, complaint) for complaint in _interrupted_at(subject, line)]
    return found


def _interrupted_at(subject, line):
    before, turns, tracer = subject.held(), list(subject.turns), Tracer(line)
    try:
        with tracer.tracing():
            subject.ask()
        raised = None
    except KeyboardInterrupt as problem:
        raised = problem
    except Exception as problem:  # noqa: BLE001  # whatever it is, it is not the interrupt
        yield f"raised {problem!r}"
        return
    if not tracer.fired:
        return  # it depends on how the frames came
    if raised is None:
        yield "the interrupt was lost"
    added = subject.turns[len(turns) :]
    if subject.turns[: len(turns)] != turns or any(str(turn.answer) != ANSWER for turn in added) or len(added) > 1:
        yield f"remembered are {[turn.answer for turn in subject.turns[len(turns) - 1 :]]}, and were {len(turns)}"
    if getattr(raised, "complete", False) and not added:
        yield "it said that nothing is lost"
    if subject.held() != before:
        yield f"left open: {before} became {subject.held()}"
    if str(subject.ask("sandbox: say next")) != "next":
        yield "the next question has no answer"
