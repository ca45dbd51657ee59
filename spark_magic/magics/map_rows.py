"""`%%spark_map` and `map_prompts`: one question for each row of a table."""

import argparse
import os
import re
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import Executor
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from IPython.core.error import UsageError

from ..batch import Columns, Crew, Job, Known, Order, Run, forecast
from ..client import checked_parameters
from ..config.settings import PARAMETERS
from ..display.progress import Ending, ProgressView, open_progress
from ..errors import BadTable, CredentialsMissing, RunInterrupted, SparkError
from ..formats import Form
from ..journal import Journal
from ..messages import listed, say
from ..prompt import Template
from ..rows import Table, table_of
from ..spending import Spent
from ..target import Target
from ..throttle import Throttle
from .examples import examples_in
from .executors import executor_for, found_executor
from .files import user_path
from .form import form_of
from .interrupt import Interrupt, interrupted_by
from .map_ahead import is_wanted, nothing_sent
from .parsers import given
from .record import write_down
from .request import ready
from .screen import Screen
from .state import State

if TYPE_CHECKING:
    from ..credentials import Credentials

WORKERS: Final = 4  # free accounts may ask twice a second
_FILE: Final = re.compile(r".*\.\w{1,8}")  # what has an ending is meant to be one, whether it is there or not


def run_map(shell: Any, state: State, template: str, options: argparse.Namespace) -> Any:
    """Run the cell magic: find the table, ask its rows, and put the new table where `--output` says, or return it."""
    if not options.table:
        raise UsageError(say("usage.no_table"))
    if not template.strip():
        raise UsageError(say("usage.map_empty"))
    made = mapped(shell, state, _named(shell, options.table), template, options)
    if made is None or options.output is None:
        return made
    shell.user_ns[options.output] = made
    return None


def _named(shell: Any, name: str) -> Any:
    """Return the variable of that name, else the path; UsageError for what can be neither."""
    if name in shell.user_ns:
        return shell.user_ns[name]
    path = user_path(name)
    there = os.path.exists(path)  # noqa: PTH110  # Path's raises for a name that is too long
    if not there and not _FILE.fullmatch(name):
        raise UsageError(say("usage.table_unknown", name=name))
    return path


@dataclass(frozen=True)
class Work:
    """A run that is ready to begin: the table's first `total` rows, what is asked of them, where it goes."""

    table: Table
    total: int
    order: Order
    columns: Columns
    credentials: "Credentials | None"
    throttle: Throttle
    workers: int
    executor: Executor | None  # the user's own

    def rows(self) -> Iterator[Mapping[str, object]]:
        """Yield the rows."""
        return islice(self.table.rows(), self.total)


def mapped(shell: Any, state: State, source: Any, template: str, options: argparse.Namespace) -> Any:
    """Ask the template for every row and return the table with the new columns; None for a dry run.

    `source` is what `rows.table_of` takes. BadTable, UsageError and other SparkErrors before anything is sent where
    table, template or options are not right; later the error that ended the run, or RunInterrupted: what is done is
    in the journal then.
    """
    work = _prepared(shell, state, source, template, options)
    with Journal(user_path(str(options.journal)) if options.journal else None) as journal:
        known = Known(work.order, journal, fresh=options.fresh, retry_failed=options.retry_failed)
        with nothing_sent():
            ahead = forecast(work.order, known, work.rows(), work.total)
            wanted = is_wanted(state, work, ahead, options)
        if not wanted:
            return None
        _run(shell, state, work, known, options)
    return work.table.with_columns(work.columns.filled())


def _prepared(shell: Any, state: State, source: Any, template: str, options: argparse.Namespace) -> Work:
    """Look at everything that can be wrong before a row is asked."""
    order, credentials = _order(shell, state, template, options)
    table = _table(source, order)
    order.check(table.columns)
    columns = Columns(options.into or (), order.form, len(table))
    there = [name for name in columns.names if name in table.columns]
    if there and not options.replace:
        raise BadTable("table.into_there", name=there[0])
    executor = found_executor(options.executor, {} if shell is None else shell.user_ns)
    workers = options.workers or WORKERS
    throttle = Throttle(min(workers, options.concurrency or workers), options.qps)
    total = min(len(table), options.limit or len(table))
    return Work(table, total, order, columns, credentials, throttle, workers, executor)


def _table(source: Any, order: Order) -> Table:
    """Return the source as a table; a file without a head has values where the names should be."""
    try:
        return table_of(source)
    except BadTable as failure:
        failure.values = {
            name: order.screen(value) if isinstance(value, str) else value for name, value in failure.values.items()
        }
        raise


def _order(shell: Any, state: State, template: str, options: argparse.Namespace) -> "tuple[Order, Credentials | None]":
    settings = state.magics
    target = settings.target(options.model or "", **given(options, *PARAMETERS))
    checked_parameters(target.model, target.parameters)
    credentials = None
    if not options.dry_run:
        target, credentials = _ready(state, target, options)
    order = Order(
        target,
        Template(template.strip("\n")),
        system=settings.system if options.system is None else options.system,
        examples=examples_in(settings.examples if options.examples is None else options.examples),
        form=_form(shell, options),
        screen=Screen({} if shell is None else shell.user_ns),
    )
    return order, credentials


def _ready(state: State, target: Target, options: argparse.Namespace) -> "tuple[Target, Credentials | None]":
    """Find the credentials; workers of another process have their own."""
    try:
        return ready(state, target)
    except CredentialsMissing:
        if options.executor is None:
            raise
        return target, None


def _form(shell: Any, options: argparse.Namespace) -> Form:
    return form_of(shell, argparse.Namespace(format=options.format, schema=options.schema, background=False))


def _run(shell: Any, state: State, work: Work, known: Known, options: argparse.Namespace) -> None:
    """Ask the rows, showing how far it is; what it has cost is written down, however it ends."""
    view = open_progress(shell, listed(options.into or ()))
    fresh = "" if not options.fresh else "fresh=True" if shell is None else "--fresh"
    with (
        executor_for(work.executor, work.workers) as executor,
        Crew[Job](executor, work.order.worker_target, work.credentials) as crew,
    ):
        run = Run(
            *(work.order, crew, work.throttle, known),
            total=work.total,
            watch=view.show,
            raise_errors=options.errors == "raise",
        )
        with interrupted_by(run.stop) as interrupt:
            try:
                _follow(run, work, view, interrupt)
            except (SparkError, KeyboardInterrupt):
                if not interrupt.came:
                    raise
            finally:
                _write_down(shell, state, work, run)
                _say_why_it_ended(run, fresh)
    if interrupt.came:
        raise RunInterrupted(fresh=fresh)


def _say_why_it_ended(run: Run, fresh: str) -> None:
    """Say what the error alone does not; `fresh` is the option with which the next run would not go on with this."""
    if run.has_failed and fresh:
        print(say("shown.run.fresh", option=fresh))  # noqa: T201  # a magic's answer to its user
    if run.given_up:
        print(say("shown.run.given_up", count=run.given_up))  # noqa: T201  # as above


def _follow(run: Run, work: Work, view: ProgressView, interrupt: Interrupt) -> None:
    how: Ending = "failed"
    try:
        with closing(run.results(work.rows())) as results:
            for result in results:
                work.columns.put(result)
        how = "complete"
    finally:
        view.finish(run.progress, "stopped" if interrupt.came else "raised" if run.raised else how)
        sys.stdout.flush()  # ipykernel loses the reply of a cell that is interrupted while it flushes


def _write_down(shell: Any, state: State, work: Work, run: Run) -> None:
    """Note what the run has cost, as one entry for all of its questions, and warn where it is much."""
    if run.spent is None:
        return
    alias, count = work.order.target.model.alias, 0 if shell is None else shell.displayhook.prompt_count
    spent = Spent(datetime.now(UTC), alias, run.spent, questions=run.asked, execution_count=count)
    write_down(state, spent)
    for line in state.take_spent_note():
        print(line)  # noqa: T201  # a magic's answer to its user
