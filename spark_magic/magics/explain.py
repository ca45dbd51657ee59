"""`%spark_explain`: what went wrong in a cell, and its correction."""

import argparse
import linecache
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, TypeAlias

from IPython.core.error import UsageError

from ..answer import Answer
from ..errors import SparkError, SparkInterrupted
from ..messages import say
from ..render import fenced, to_plain
from .ask import ask_prompt
from .failure_report import Report
from .last import with_given
from .parsers import spark_parser
from .request import Prompt
from .state import State
from .withheld import Withholding, words_of

_OURS: Final = (SparkError, UsageError, SparkInterrupted)
_CELL: Final = re.compile(r"<ipython-input-|.*[\\/]ipykernel_\d+[\\/]")
_LOOKED_AT: Final = 100  # newest cells among which the failing one is looked for

Explain: TypeAlias = Callable[[Any, str, argparse.Namespace], tuple[Any, argparse.Namespace]]


@contextmanager
def explaining(state: State) -> Iterator[Explain]:
    """Yield what explains the last error; should that fail, the error stays the last one for the next time."""
    last = getattr(sys, "last_value", None) or getattr(sys, "last_exc", None)
    failed, meant = state.unexplained or (None, None)
    problem = meant if last is not None and last is failed else last
    try:
        yield partial(_explain, state, problem)
    except (*_OURS, KeyboardInterrupt) as failure:
        if problem is not None and not isinstance(problem, (*_OURS, KeyboardInterrupt)):
            state.unexplained = (failure, problem)
        raise
    state.unexplained = None


def _explain(
    state: State, problem: BaseException | None, shell: Any, question: str, given: argparse.Namespace
) -> tuple[Any, argparse.Namespace]:
    """Ask about the error, with `--fix` for the corrected cell; return the answer and the options it was asked with.

    UsageError, with nothing sent, where there is no error, or one that says itself what to do.
    """
    options = with_given(argparse.Namespace(), given, spark_parser().parse([]))
    case = _case_of(shell, _explicable(problem))
    withholding = Withholding(case.source)
    prompt = _prompt(case, withholding, question, fix=given.fix)
    answer = ask_prompt(shell, state, prompt, options)
    if given.fix and isinstance(answer, Answer):
        _put_below(shell, answer, withholding)
    return answer, options


def _explicable(problem: BaseException | None) -> BaseException:
    if problem is None:
        raise UsageError(say("usage.no_error"))
    if isinstance(problem, KeyboardInterrupt):
        raise UsageError(say("usage.stopped"))
    if isinstance(problem, _OURS):
        raise UsageError(say("usage.own_error", message=str(problem)))
    return problem


@dataclass(frozen=True)
class _Case:
    """The failing cell's source ("": not known) and what is reported of the error."""

    source: str
    report: Report


def _case_of(shell: Any, problem: BaseException) -> _Case:
    file = _failing_file(problem)

    def label(filename: str) -> str:
        if not _CELL.match(filename):
            return ""
        return "<cell>" if filename == file else "<another cell>"

    return _Case(_source(shell, file), Report(problem, label))


def _failing_file(problem: BaseException) -> str:
    """Return the name under which IPython has compiled the cell that failed; "" if that is not known."""
    trace = problem.__traceback__
    while trace is not None:
        if _CELL.match(trace.tb_frame.f_code.co_filename):
            return trace.tb_frame.f_code.co_filename
        trace = trace.tb_next
    named = problem.filename if isinstance(problem, SyntaxError) else None  # it never ran: there is no call
    return named if named and _CELL.match(named) else ""


def _source(shell: Any, file: str) -> str:
    """Return the cell as the user wrote it, magics and all, else as IPython made Python of it."""
    compiled = [line.rstrip("\n") for line in linecache.getlines(file)] if file else []
    for raw in reversed(shell.history_manager.input_hist_raw[-_LOOKED_AT:]) if compiled else ():
        try:
            if shell.transform_cell(raw).splitlines() == compiled:
                return str(raw).strip("\n")
        except SyntaxError:  # another cell's
            continue
    return "\n".join(compiled).strip("\n")


def _prompt(case: _Case, withholding: Withholding, question: str, *, fix: bool) -> Prompt:
    source = withholding.source()
    known = words_of(source) | words_of(" ".join(case.report.names))
    error = withholding.text(case.report.text, known)
    count = withholding.count
    parts = [say("sent.fix" if fix else "sent.explain")]
    parts += [say("sent.withheld")] if count else []
    parts += [say("sent.cell"), fenced(source, "python")] if source else []
    parts += [say("sent.error"), fenced(error, "text"), case.report.versions, question]
    notes = {
        say("note.no_cell"): not source,
        say("note.withheld.one" if count == 1 else "note.withheld", count=count): count,
    }
    return Prompt("\n\n".join(filter(None, parts)), notes=tuple(note for note, wanted in notes.items() if wanted))


def _put_below(shell: Any, answer: Answer, withholding: Withholding) -> None:
    """Put the corrected cell below, with the values in it that were not sent; nothing is run."""
    blocks = sorted(answer.code_blocks, key=len)
    if not blocks:
        print(say("note.no_fix"))  # noqa: T201  # a magic's answer to its user
        return
    shell.set_next_input(withholding.restored(to_plain(blocks[-1])), replace=False)
    print(say("shown.fixed"))  # noqa: T201  # as above
