"""The one loop of a long run: what is submitted when, what is asked again, what is written down before it counts."""

import heapq
import itertools
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from typing import Final, TypeAlias

from ..conversation import judge_of
from ..errors import ExecutorFailed, RateLimited, SparkError
from ..events import Usage
from ..journal import Entry, key_of
from ..progress import Progress
from ..throttle import Throttle
from .crew import Crew
from .job import Again, Done, Job, Over, judged, may_pass
from .known import Known
from .order import Order
from .result import Result
from .task import Outcome

_COUNTED: Final = (
    "done",
    "failed",
    "passing",
    "lasting",
    "cut",
    "flagged",
    "skipped",
    "journalled",
    "repeated",
    "limited",
)
_TICK: Final = 0.1  # seconds between two looks at the clock while nothing happens
_IN_A_ROW: Final = 10  # failures without an answer between them, at least, before the run is given up
_LIMITED: Final = 60.0  # seconds in which the service refuses all that it is asked, and
_REFUSALS: Final = 5  # how often it does at least, before the run is given up

Row: TypeAlias = Mapping[str, object]


class Run:
    """One run over a table's rows; `results` yields what came of each, in the order in which they end.

    Nothing is yielded that is not in the journal, but for failures that may pass: the next run asks again. What is
    `known` is not asked. With `raise_errors` the first row that fails ends the run. `watch` is called often with how
    far it is.
    """

    def __init__(  # noqa: PLR0913  # what a run is made of
        self,
        order: Order,
        crew: Crew[Job],
        throttle: Throttle,
        known: Known,
        *,
        total: int,
        watch: Callable[[Progress], None],
        raise_errors: bool = False,
    ) -> None:
        """Take them; nothing is read or sent yet."""
        self._order, self._crew, self._throttle, self._known = order, crew, throttle, known
        self._watch, self._raise_errors = watch, raise_errors
        self._judge = judge_of(order.form)
        self._model = order.target.model.alias
        self._waiting: list[tuple[float, int, Job]] = []  # to be asked again: when, and in which order
        self._numbers = itertools.count()
        self._open: dict[str, Job] = {}  # all that has no end yet, by key
        self._rows_left = True
        self._stopped = False
        self._failure: Exception | None = None
        self._counts = dict.fromkeys(_COUNTED, 0)
        self.spent: Usage | None = None
        self.asked = 0  # requests that were answered and billed
        self.given_up = 0  # rows that have failed one after the other, where that has ended the run
        self.raised = False  # a row's failure has ended the run, and would end the next one, too
        self._total = total
        self._in_a_row = 0
        self._answered = False
        self._refusals: list[float] = []  # when, since anything was taken
        self._began = time.monotonic()

    @property
    def progress(self) -> Progress:
        """How far it is."""
        counts = self._counts | {"repeated": self._counts["repeated"] + self._crew.repeated}
        return Progress(
            total=self._total,
            tokens=0 if self.spent is None else self.spent.total_tokens,
            seconds=time.monotonic() - self._began,
            concurrency=self._throttle.concurrency,
            qps=self._throttle.qps,
            **counts,
        )

    @property
    def has_failed(self) -> bool:
        """Tell whether an error has ended it."""
        return self._failure is not None

    def stop(self) -> None:
        """End it, from another thread or a signal's handler: `results` ends with what is complete by then."""
        self._stopped = True
        self._known.hurry()
        self._crew.stop()

    def results(self, rows: Iterable[Row]) -> Generator[Result, None, None]:
        """Yield what came of the rows; raises what ended the run early, after all that was done."""
        numbered = iter(enumerate(rows))
        self._began = time.monotonic()
        try:
            while not self._is_over():
                pause = yield from self._filled(numbered)
                yield from self._settled(self._crew.ended(pause))
                self._watch(self.progress)
        except Exception as failure:  # noqa: BLE001  # of the table, or anything: raised behind what is done
            self._failure = failure
            self._known.hurry()
        finally:
            self._crew.stop()
        yield from self._settled(self._crew.dismiss())
        if self._failure is not None:
            raise self._failure

    def _is_over(self) -> bool:
        under_way = self._rows_left or self._waiting or len(self._crew)
        return self._stopped or self._failure is not None or not under_way

    def _filled(self, rows: Iterator[tuple[int, Row]]) -> Generator[Result, None, float]:
        """Submit what the throttle allows, yield the rows that need no asking; return how long there is no more."""
        while not self._stopped and self._failure is None:
            now = time.monotonic()
            if (wait := self._throttle.wait(now, len(self._crew))) > 0:
                return min(wait, _TICK)
            job = heapq.heappop(self._waiting)[-1] if self._waiting and self._waiting[0][0] <= now else None
            if job is None and self._rows_left:
                job = yield from self._next_job(rows)
            if job is not None:
                self._submit(job, now)
            elif not self._rows_left:
                return _TICK if not self._waiting else min(_TICK, self._waiting[0][0] - now)
            else:
                return 0.0  # a row that needed no asking: what has ended meanwhile does not wait for all of those
        return 0.0

    def _submit(self, job: Job, now: float) -> None:
        job.started = now
        try:
            self._crew.submit(job, job.messages)
        except ExecutorFailed as failure:
            self._failure = failure
        else:
            self._throttle.started(now)

    def _next_job(self, rows: Iterator[tuple[int, Row]]) -> Generator[Result, None, Job | None]:
        """Read one row; None where nothing is to be asked for it, or where another row asks the same just now."""
        number, row = next(rows, (-1, {}))
        if number < 0:
            self._rows_left = False
            return None
        try:
            messages = self._order.messages(row)
        except SparkError as failure:
            unfit = failure.with_traceback(None)  # it is kept, and its frames with what they hold would be
            yield self._counted(Result(number, Entry(model=self._model, failure=unfit)), unfit=True)
            return None
        if messages is None:
            yield self._counted(Result(number))
            return None
        key = key_of(self._order.target, messages)
        if key in self._open:
            self._open[key].rows.append(number)
            return None
        if (known := self._known.find(key)) is not None:
            yield self._counted(Result(number, *known, journalled=True))
            return None
        job = self._open[key] = Job(key, messages, [number])
        return job

    def _settled(self, ends: Iterable[tuple[Job, Outcome | None]]) -> Iterator[Result]:
        """Decide on what has ended: put what is done into the journal, then yield it; the rest is asked again."""
        done: list[tuple[Job, Done]] = []
        try:
            for job, outcome in ends:
                if not self._is_left_undone(outcome):
                    done += self._decided(job, outcome)
        except ExecutorFailed as failure:
            self._failure = failure
        finally:
            if done:
                self._known.put((job.key, end.entry) for job, end in done)
        for job, end in done:
            del self._open[job.key]
            for number in job.rows:
                yield self._counted(Result(number, end.entry, end.data))

    def _is_left_undone(self, outcome: Outcome | None) -> bool:
        """Tell whether it came to nothing because the run is over."""
        over = self._stopped or self._failure is not None
        return over and (outcome is None or outcome.failure is not None)

    def _decided(self, job: Job, outcome: Outcome | None) -> list[tuple[Job, Done]]:
        """Take note of one outcome; return the job with its end where it has come to one."""
        if outcome is not None and outcome.usage is not None:
            self.spent = outcome.usage.plus(self.spent)
            self.asked += 1
        verdict = judged(job, outcome, model=self._model, judge=self._judge, retries=self._order.target.limits.retries)
        self._tell_throttle(job, verdict)
        if isinstance(verdict, Over):
            self._failure = verdict.failure
            return []
        if isinstance(verdict, Again):
            self._counts["repeated"] += outcome is None
            job.messages = verdict.messages or job.messages
            due = time.monotonic() + verdict.pause
            heapq.heappush(self._waiting, (due, next(self._numbers), job))
            return []
        self._give_up_where_nothing_is_answered(verdict.entry.failure)
        return [(job, verdict)]

    def _tell_throttle(self, job: Job, verdict: Done | Again | Over) -> None:
        """Tell it what the service thinks of our pace; one that takes nothing at all ends the run."""
        now = time.monotonic()
        if not isinstance(verdict, Again) or verdict.limit is None:
            self._refusals.clear()
            self._throttle.succeeded(now, job.started)
            return
        self._counts["limited"] += 1
        self._throttle.limited(now, job.started, by=verdict.limit)
        self._refusals.append(now)
        if len(self._refusals) >= _REFUSALS and now - self._refusals[0] > _LIMITED:
            self._failure = RateLimited("batch.limited", seconds=round(now - self._refusals[0]))

    def _give_up_where_nothing_is_answered(self, failure: SparkError | None) -> None:
        """End the run where row after row fails, unless it may be the rows themselves."""
        self._in_a_row = 0 if failure is None else self._in_a_row + 1
        self._answered |= failure is None
        most = max(_IN_A_ROW, 2 * self._throttle.concurrency)
        if failure is not None and self._in_a_row >= most and (not self._answered or may_pass(failure)):
            self._failure, self.given_up = failure, self._in_a_row

    def _raise(self, failure: SparkError, index: int) -> None:
        failure.row = index + 1
        self._failure = failure
        self.raised = not may_pass(failure)

    def _counted(self, result: Result, *, unfit: bool = False) -> Result:
        """Count one row; the first that fails ends the run if that is wanted."""
        self._counts["done"] += 1
        if (status := result.status) in self._counts:
            self._counts[status] += 1
        self._counts["journalled"] += result.journalled
        if result.failure is not None:
            self._counts["passing"] += may_pass(result.failure)
            self._counts["lasting"] += not unfit and not may_pass(result.failure)
            if self._raise_errors and self._failure is None:
                self._raise(result.failure, result.index)
        self._watch(self.progress)
        return result
