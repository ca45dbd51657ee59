"""Runs over rows against a sandbox, and executors that do what no real one does on request."""

from concurrent.futures import Executor, Future
from contextlib import contextmanager
from dataclasses import replace

from asking import at
from cells import messages_of

from spark_magic.batch import Crew, Known, Order, Run
from spark_magic.batch.task import Outcome
from spark_magic.events import Usage
from spark_magic.formats import PLAIN_FORM
from spark_magic.models import find
from spark_magic.prompt import Template
from spark_magic.target import Target
from spark_magic.throttle import Throttle

NOWHERE = Target(find("ultra"))


def order_at(box, template="{{ text }}", *, alias="ultra", form=PLAIN_FORM, **changes):
    """Return what is asked of every row; without a sandbox it is for executors that ask nobody."""
    fixed = {name: changes.pop(name) for name in ("system", "examples") if name in changes}
    target = replace(NOWHERE, **changes) if box is None else at(box, alias, **changes)
    return Order(target, Template(template), form=form, **fixed)


def rows_of(*texts):
    return [{"text": text} for text in texts]


def said(name):
    """Return a row's text that is answered with the name."""
    return f"sandbox: line {name}"


@contextmanager
def begun(order, journal, executor, rows=(), **options):
    """Give a run that is ready; `options` are those of Crew, Throttle, Known and Run."""
    how = {"credentials": None, "concurrency": 4, "qps": None, "watch": lambda _: None, "raise_errors": False}
    marks = {name: options.pop(name, False) for name in ("fresh", "retry_failed")}
    how |= options
    with Crew(executor, order.worker_target, how["credentials"]) as crew:
        yield Run(
            order,
            crew,
            Throttle(how["concurrency"], how["qps"]),
            Known(order, journal, **marks),
            total=len(rows) if hasattr(rows, "__len__") else 0,
            watch=how["watch"],
            raise_errors=how["raise_errors"],
        )


class Ended:
    """What came of a run: its results in the order of their ends, and the failure that ended it."""

    def __init__(self, order, journal, executor, rows, **options):
        """Run it to its end."""
        self.results, self.failure = [], None
        with begun(order, journal, executor, rows, **options) as self.run:
            try:
                for result in self.run.results(rows):
                    self.results.append(result)
            except Exception as failure:  # noqa: BLE001  # looked at by the test
                self.failure = failure
        self.progress = self.run.progress

    def __getitem__(self, index):
        """Return the one result of a row."""
        (found,) = (result for result in self.results if result.index == index)
        return found

    @property
    def texts(self):
        """The answers by row; a failure's class, None for a row with nothing in it."""
        return {result.index: _text(result) for result in self.results}


def _text(result):
    if result.entry is None:
        return None
    return result.entry.text if result.failure is None else type(result.failure).__name__


def asked_of(box, since=0):
    """Return the newest message of each request from that one on."""
    return [messages_of(request)[-1][1] for request in box.requests[since:]]


class Inline(Executor):
    """Runs each task while it is being submitted."""

    def submit(self, fn, /, *args, **kwargs):
        future = Future()
        future.set_running_or_notify_cancel()
        try:
            future.set_result(fn(*args, **kwargs))
        except BaseException as problem:  # noqa: BLE001  # as executors do
            future.set_exception(problem)
        return future


class Held(Executor):
    """Asks nobody: keeps each task until `release` ends it with what `end` makes of its question.

    `end` returns an Outcome, or an exception for the future to fail with.
    """

    def __init__(self, end=lambda question: answered(question)):  # noqa: PLW0108  # defined below
        self.held, self.most, self.questions, self._end = [], 0, [], end

    def submit(self, _, task):
        future = Future()
        self.held.append((future, task))
        self.most = max(self.most, len(self.held))
        self.questions.append(task.messages[-1].content)
        return future

    def release(self, number=0):
        """End one of those that are held, if there is any."""
        if self.held:
            future, task = self.held.pop(number % len(self.held))
            if future.set_running_or_notify_cancel():
                _end(future, self._end(task.messages[-1].content))


class Instant(Held):
    """Asks nobody, and ends each task while it is being submitted."""

    def submit(self, fn, task):
        future = super().submit(fn, task)
        self.release()
        return future


class Breaking(Instant):
    """Breaks after so many tasks: from then on `submit` raises."""

    def __init__(self, problem, after):
        super().__init__()
        self._problem, self._left = problem, after

    def submit(self, fn, task):
        if self._left == 0:
            raise self._problem
        self._left -= 1
        return super().submit(fn, task)


def answered(question):
    return Outcome(f"answer to {question}", usage=Usage(3, 2, 5), sid="sid")


def failed(failure):
    return Outcome(failure=failure)


def named(name, *arguments):
    """Return an error of a class of that name, as a library has it that is not here."""
    return type(name, (Exception,), {})(*arguments)


def _end(future, end):
    if isinstance(end, BaseException):
        future.set_exception(end)
    else:
        future.set_result(end)
