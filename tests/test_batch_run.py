"""A run keeps its promises with whatever executor: no row swapped, lost or asked too often, and an end when told."""

import gc
import json
import os
import signal
import threading
import time
import tracemalloc
import weakref
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import replace
from multiprocessing import get_context
from types import SimpleNamespace
from unittest import mock

import pytest
from batching import (
    Breaking,
    Ended,
    Held,
    Inline,
    Instant,
    answered,
    asked_of,
    begun,
    failed,
    named,
    order_at,
    rows_of,
    said,
)
from canaries import CANARIES, ENVIRONMENT, leaked
from cells import messages_of, use_keys
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spark_magic import errors
from spark_magic.batch import crew
from spark_magic.batch import run as loop
from spark_magic.batch.job import Job, judged
from spark_magic.batch.task import DESKS, Outcome
from spark_magic.errors import service_error
from spark_magic.formats import Form
from spark_magic.formats.schema import schema_from
from spark_magic.journal import Entry, Journal, key_of
from spark_magic.sandbox import Sandbox
from spark_magic.target import Limits

ONCE = Limits(retries=0)
BUSY, LIMITED, REFUSED = (service_error(code, "words", "sid") for code in (10008, 11202, 10013))


@pytest.fixture(autouse=True)
def nothing_left():
    """Leave no thread and no desk."""
    threads = set(threading.enumerate())
    yield
    assert DESKS == {}
    assert {thread.name for thread in set(threading.enumerate()) - threads} <= {"spark-sandbox"}


@pytest.fixture
def journal(tmp_path):
    """Return an empty one."""
    with Journal(tmp_path / "answers.sqlite3") as opened:
        yield opened


@pytest.fixture
def four():
    """Return four threads."""
    with ThreadPoolExecutor(4) as pool:
        yield pool


def key_for(order, text):
    return key_of(order.target, order.messages({"text": text}))


# each row has its own answer


@pytest.mark.parametrize("executor", [Inline, lambda: ThreadPoolExecutor(5)], ids=["in submit", "threads"])
def test_each_row_has_the_answer_to_its_own_question(gateway, journal, executor):
    texts = [f"sandbox: delay 0.0{i * 7 % 5}\n{said(i)}" for i in range(25)]
    pool = executor()
    ended = Ended(order_at(gateway), journal, pool, rows_of(*texts), credentials=gateway.credentials)
    pool.shutdown()
    assert ended.failure is None
    assert ended.texts == {i: str(i) for i in range(25)}
    assert sorted(asked_of(gateway)) == sorted(texts)
    assert (ended.progress.done, ended.progress.total) == (25, 25)
    assert ended.progress.tokens == ended.run.spent.total_tokens > 0
    assert ended.run.asked == 25


KINDS = st.sampled_from(["fine"] * 4 + ["busy", "limited", "slow down", "died", "refused"])


class Story:
    """Ends questions as told, and keeps count of what must come of it."""

    def __init__(self, kinds, texts):
        self._kinds, self.ends, self.died = iter(kinds), {text: [] for text in texts}, 0

    def __call__(self, question):
        kind = next(self._kinds, "fine")
        self.ends[question].append(kind)
        self.died += kind == "died"
        return {
            "fine": answered(question),
            "busy": failed(service_error(10008, "", "")),
            "limited": failed(service_error(11203, "", "")),
            "slow down": failed(service_error(11202, "", "")),
            "died": named("KilledWorker"),
            "refused": failed(service_error(10013, question, "")),
        }[kind]

    def is_right(self, question, result):
        ends = self.ends[question]
        assert "fine" not in ends[:-1], "an answered row was asked again"
        assert "refused" not in ends[:-1]
        if result.failure is None:
            return ends[-1] == "fine" and result.entry.text == f"answer to {question}"
        kinds = {"busy": errors.ServiceBusy, "refused": errors.Moderated, "died": errors.ExecutorFailed}
        return isinstance(result.failure, kinds[ends[-1]])


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    texts=st.lists(st.sampled_from(["", *"abcdefghijklmnop"]), max_size=30),
    kinds=st.lists(KINDS, max_size=60),
    picks=st.lists(st.integers(0, 7), min_size=1),
    places=st.integers(1, 7),
)
def test_no_row_is_swapped_or_lost_or_asked_once_too_often_in_whatever_order_they_end(
    tmp_path_factory, texts, kinds, picks, places
):
    story, turn = Story(kinds, texts), iter(range(10**9))
    held = Held(story)

    def step(_):
        held.release(picks[next(turn) % len(picks)])

    order = order_at(None)
    quick = mock.patch.multiple(loop, _TICK=0.0, _IN_A_ROW=10**6)
    unpaced = mock.patch("spark_magic.throttle.pace._PAUSE", 0.0), mock.patch("spark_magic.throttle.pace._SLOWEST", 1e6)
    with quick, unpaced[0], unpaced[1], Journal(tmp_path_factory.mktemp("j") / "j") as journal:
        ended = Ended(order, journal, held, rows_of(*texts), concurrency=places, watch=step)
        assert ended.failure is None
        assert sorted(result.index for result in ended.results) == list(range(len(texts)))
        for result in ended.results:
            text = texts[result.index]
            assert (result.entry is None) == (text == "")
            assert text == "" or story.is_right(text, result)
            if text and (result.failure is None or not result.failure.retryable):
                assert journal.get(key_for(order, text)).text == result.entry.text
    assert held.most <= places
    final = {text: ends[-1] for text, ends in story.ends.items() if ends}
    again = sum(end == "died" for end in final.values())
    assert ended.progress.repeated == story.died - again
    assert ended.progress.done == len(texts)
    assert ended.progress.skipped == texts.count("")


def test_an_answer_does_not_wait_for_rows_that_need_no_asking(journal):
    """It is written down and counted at once, however many known rows come behind it."""
    order, rows = order_at(None), rows_of("asked", *(f"known {i}" for i in range(3000)))
    journal.put([(key_of(order.target, order.messages(row)), Entry("x")) for row in rows[1:]])
    ended = Ended(order, journal, Instant(), rows)
    assert [result.index for result in ended.results].index(0) < 10


def test_search_results_are_kept_with_the_answer(gateway, journal):
    order, rows = order_at(gateway), rows_of("sandbox: references\nsandbox: say x")
    with ThreadPoolExecutor(1) as pool:
        ended = Ended(order, journal, pool, rows, credentials=gateway.credentials)
    assert len(ended[0].entry.references) == 3
    assert journal.get(key_of(order.target, order.messages(rows[0]))).references == ended[0].entry.references


def test_a_user_whose_own_check_fails_in_its_own_way_has_that_row_failed(journal):
    pydantic = pytest.importorskip("pydantic")

    class Kind(pydantic.BaseModel):
        kind: str

        @pydantic.field_validator("kind")
        @classmethod
        def known(cls, value):
            return {"good": value}[value]

    form = Form("json", schema_from(Kind))
    ended = Ended(order_at(None, form=form), journal, Instant(as_json), rows_of("good", "bad", "good too"))
    assert ended.failure is None
    assert [ended[i].status for i in range(3)] == ["ok", "failed", "ok"]
    assert "KeyError" in str(ended[1].failure)


def as_json(question):
    return replace(answered(question), text=json.dumps({"kind": question[:4]}))


def test_whatever_ends_a_run_what_was_done_is_written_down_first(journal, monkeypatch):
    """A bug of anybody's: an executor's, ours."""
    executor, order = Instant(), order_at(None)
    judged, seen = loop.judged, []

    def broken(job, *args, **options):
        seen.append(job)
        if len(seen) == 3:
            raise KeyError("low")
        return judged(job, *args, **options)

    monkeypatch.setattr(loop, "judged", broken)
    ended = Ended(order, journal, executor, rows_of(*"abcdef"), concurrency=6)
    assert type(ended.failure) is KeyError
    assert sum(job is not seen[2] and journal.get(job.key) is not None for job in seen) == len(seen) - 1 >= 4


@pytest.mark.parametrize("result", [None, "text", 5])
def test_an_executor_that_returns_something_else_ends_the_run(journal, result):
    ended = Ended(order_at(None), journal, Instant(lambda _: result), rows_of("a"))
    assert isinstance(ended.failure, errors.ExecutorFailed)
    assert type(result).__name__ in str(ended.failure)


def test_an_executor_that_gives_a_future_twice_swaps_no_rows(journal):
    class Twice(Held):
        given = None

        def submit(self, fn, task):
            self.given = self.given or super().submit(fn, task)
            return self.given

    ended = Ended(order_at(None), journal, Twice(), rows_of("a", "b"))
    assert isinstance(ended.failure, errors.ExecutorFailed)
    assert ended.texts == {}


def test_a_row_that_is_refused_again_and_again_goes_behind_the_others(monkeypatch):
    monkeypatch.setattr("spark_magic.client.retry._FIRST_PAUSE", 0.5)
    job, refused = Job("key", (), [0]), failed(service_error(11203, "w", "s"))
    pauses = [judged(job, refused, model="m", judge=None, retries=0).pause for _ in range(2000)]
    assert pauses[:9] == [0, 0, 0.5, 1, 2, 4, 5, 5, 5]
    assert set(pauses[9:]) == {5}


def test_rows_that_ask_the_same_share_one_request(gateway, journal, four):
    rows = rows_of(*[said("same"), said("other")] * 10)
    ended = Ended(order_at(gateway), journal, four, rows, credentials=gateway.credentials)
    assert ended.texts == {i: "other" if i % 2 else "same" for i in range(20)}
    assert sorted(asked_of(gateway)) == [said("other"), said("same")]
    assert ended.progress.tokens == sum({r.entry.text: r.entry.usage.total_tokens for r in ended.results}.values())


def test_rows_that_share_a_failure_that_may_pass_all_hold_it(journal):
    held = Held(lambda _: failed(BUSY))
    rows = rows_of("a", "a", "a")
    ended = Ended(order_at(None, limits=ONCE), journal, held, rows, watch=lambda _: held.release())
    assert ended.texts == dict.fromkeys(range(3), "ServiceBusy")
    assert held.questions == ["a"]


def test_system_prompt_and_examples_go_along_with_each_row(gateway, journal, four):
    order = order_at(gateway, system="be short", examples=(("q", "a"),))
    Ended(order, journal, four, rows_of("x", "y"), credentials=gateway.credentials)
    for request in gateway.requests:
        assert messages_of(request)[:-1] == [("system", "be short"), ("user", "q"), ("assistant", "a")]


# rows that need no asking, or cannot be asked


def test_rows_that_are_empty_or_cannot_be_asked_cost_nothing_and_keep_their_places(gateway, journal, four):
    rows = rows_of(None, said(1), "字" * 200_000, "  ", said(4), "half \ud83d")
    ended = Ended(order_at(gateway), journal, four, rows, credentials=gateway.credentials)
    assert ended.failure is None
    half = ended.texts.pop(5) if 5 in ended.texts else None
    assert {i: t for i, t in ended.texts.items() if i < 5} == {0: None, 1: "1", 2: "PromptTooLarge", 3: None, 4: "4"}
    assert half
    assert (ended.progress.skipped, ended.progress.done) == (2, 6)
    assert ended[0].status == "skipped"


def test_a_row_that_an_expression_fails_for_holds_that_and_the_others_are_asked(journal):
    rows = [{"text": "a"}, {"text": 5}, {"text": "c"}]
    ended = Ended(order_at(None, "{{ text.upper() }}"), journal, Instant(), rows)
    assert ended.texts == {0: "answer to A", 1: "BadVariable", 2: "answer to C"}


def test_a_row_that_cannot_be_asked_keeps_nothing_of_the_table_alive(journal):
    class Value:
        def __str__(self):
            raise ValueError

    seen = weakref.WeakSet()

    def rows():
        seen.add(value := Value())
        yield {"text": value}

    ended = Ended(order_at(None), journal, Instant(), rows())
    gc.collect()
    assert ended.texts == {0: "BadVariable"}
    assert list(seen) == []


def test_a_table_that_breaks_off_ends_the_run_and_what_is_done_is_kept(journal):
    def rows():
        yield from rows_of("a", "b", "c")
        raise errors.BadTable("table.no_variable", columns="")

    order, held = order_at(None), Instant()
    ended = Ended(order, journal, held, rows())
    assert isinstance(ended.failure, errors.BadTable)
    assert ended.texts == {i: f"answer to {c}" for i, c in enumerate("abc")}
    assert all(journal.get(key_for(order, c)) for c in "abc")


def test_a_table_without_rows_ends_at_once(journal):
    ended = Ended(order_at(None), journal, Instant(), [])
    assert (ended.results, ended.failure, ended.progress.total) == ([], None, 0)


# failures of rows


def test_a_failure_that_may_pass_is_asked_again_and_then_answered(gateway, journal, four):
    rows = rows_of(
        f"sandbox: error 10008\nsandbox: first 2\n{said('a')}", f"sandbox: drop\nsandbox: first 1\n{said('b')}"
    )
    ended = Ended(order_at(gateway), journal, four, rows, credentials=gateway.credentials)
    assert ended.texts == {0: "a", 1: "b"}
    assert len(gateway.requests) == 5


@pytest.mark.parametrize("retries", [0, 1, 3])
def test_a_failure_that_does_not_pass_is_asked_again_so_often_and_the_row_holds_it(gateway, journal, four, retries):
    order = order_at(gateway, limits=Limits(retries=retries))
    rows = rows_of("sandbox: error 10008", said("b"))
    ended = Ended(order, journal, four, rows, credentials=gateway.credentials)
    assert ended.texts == {0: "ServiceBusy", 1: "b"}
    assert asked_of(gateway).count("sandbox: error 10008") == 1 + retries
    assert ended[0].failure.attempts == 1 + retries
    assert (ended.progress.failed, ended.progress.done, ended.failure) == (1, 2, None)


@pytest.mark.parametrize("end", ["drop after 1", "close 1011", "error 10008 after 1"])
def test_an_answer_that_breaks_off_is_asked_for_again_since_nobody_has_seen_it(gateway, journal, four, end):
    rows = rows_of(f"sandbox: {end}\nsandbox: first 1\n{said('whole')}")
    ended = Ended(order_at(gateway), journal, four, rows, credentials=gateway.credentials)
    assert (ended.texts, len(gateway.requests)) == ({0: "whole"}, 2)


def test_with_raise_errors_the_first_failed_row_ends_the_run_and_is_named(journal):
    held = Instant(lambda q: failed(service_error(10013, "", "")) if q == "bad" else answered(q))
    rows = rows_of("a", None, "bad", "d", "e", "f", "g", "h", "bad2")
    ended = Ended(order_at(None), journal, held, rows, raise_errors=True, concurrency=1)
    assert isinstance(ended.failure, errors.Moderated)
    assert ended.failure.row == 3
    assert "row 3" in str(ended.failure)
    assert held.questions == ["a", "bad"]
    assert len(ended.results) == 3


def test_of_rows_that_fail_at_the_same_moment_the_first_is_named(journal):
    held = Held(lambda q: failed(service_error(10013, q, "")))

    def both_at_once(_):
        if len(held.held) == 2:
            held.release()
            held.release()

    rows = rows_of("a", "b")
    ended = Ended(order_at(None), journal, held, rows, raise_errors=True, concurrency=2, watch=both_at_once)
    assert (ended.failure, ended.failure.row) == (ended[0].failure, 1)
    assert (len(ended.results), ended[1].failure.row) == (2, None)


def test_without_raise_errors_no_row_is_named_and_all_are_asked(journal):
    held = Instant(lambda q: failed(service_error(10013, "", "")) if q == "bad" else answered(q))
    ended = Ended(order_at(None), journal, held, rows_of("a", "bad", "c"))
    assert (ended.failure, ended[1].failure.row, len(ended.results)) == (None, None, 3)


@pytest.mark.parametrize(
    "failure",
    [
        service_error(11200, "words", "sid"),
        errors.CredentialsMissing("credentials.missing", missing="APIKey", retryable=False),
        errors.CredentialsRefused("handshake.key", status=401),
        errors.ConfigurationError("model.unknown"),
    ],
    ids=lambda failure: type(failure).__name__,
)
def test_what_no_row_would_fare_better_with_ends_the_run_at_once_and_what_was_done_stays(journal, failure):
    held = Held(lambda q: failed(failure) if q == "end" else answered(q))
    order, rows = order_at(None), rows_of("a", "b", "end", "c", *map(str, range(50)))

    def all_at_once(_):
        if len(held.held) == 4:
            for _ in range(4):
                held.release()

    ended = Ended(order, journal, held, rows, watch=all_at_once)
    assert ended.failure is failure
    assert ended.texts == {0: "answer to a", 1: "answer to b", 3: "answer to c"}
    assert held.questions == ["a", "b", "end", "c"]
    assert journal.get(key_for(order, "end")) is None
    assert journal.get(key_for(order, "c")).text == "answer to c"


def test_keys_that_are_refused_end_the_run_with_the_first_rows(gateway, journal, four):
    with Sandbox(api_secret="another-secret-of-32-characters0") as other:
        keys = other.credentials
    ended = Ended(order_at(gateway), journal, four, rows_of(*map(said, range(99))), credentials=keys)
    assert isinstance(ended.failure, errors.CredentialsRefused)
    assert gateway.handshakes <= 8
    assert gateway.requests == []


@pytest.mark.parametrize(("places", "most"), [(1, 10), (3, 10), (8, 16)])
def test_a_run_in_which_nothing_is_answered_is_given_up_after_ten_rows_or_two_rounds(journal, places, most):
    held = Instant(lambda _: failed(service_error(10163, "", "")))
    ended = Ended(order_at(None), journal, held, rows_of(*map(str, range(99))), concurrency=places)
    assert isinstance(ended.failure, errors.BadRequest)
    assert most <= len(held.questions) < most + places
    assert len(ended.results) == most


def test_rows_that_are_refused_for_themselves_do_not_end_a_run_in_which_others_are_answered(journal):
    held = Instant(lambda q: answered(q) if q == "0" else failed(service_error(10013, "", "")))
    ended = Ended(order_at(None), journal, held, rows_of(*map(str, range(50))))
    assert (ended.failure, ended.progress.failed) == (None, 49)


def test_a_service_that_is_gone_ends_the_run_even_if_rows_were_answered_before(journal):
    held = Instant(lambda q: answered(q) if int(q) < 5 else failed(service_error(10008, "", "")))
    ended = Ended(order_at(None, limits=ONCE), journal, held, rows_of(*map(str, range(99))), concurrency=2)
    assert isinstance(ended.failure, errors.ServiceBusy)
    assert 15 <= len(held.questions) <= 17


# limits of the account


def test_a_limit_of_requests_at_once_slows_the_run_down_costs_no_row_and_is_forgotten_when_it_is_gone(gateway, journal):
    gateway.most_at_once, seen = 2, []

    def watch(progress):
        seen.append(progress.concurrency)
        if progress.done == 40:
            gateway.most_at_once = None

    def rows():
        while len(asked) < 50 or (seen[-1] <= min(seen) and len(asked) < 5000):
            asked.append(f"sandbox: delay 0.003\n{said(len(asked))}")
            yield {"text": asked[-1]}

    asked, order, keys = [], order_at(gateway, limits=ONCE), gateway.credentials
    with ThreadPoolExecutor(6) as pool:
        ended = Ended(order, journal, pool, rows(), credentials=keys, concurrency=6, watch=watch)
    assert ended.failure is None
    assert ended.texts == {i: str(i) for i in range(len(asked))}
    assert min(seen) <= 2 < max(seen)
    assert seen[-1] > min(seen)
    assert ended.progress.limited == gateway.refused == gateway.handshakes - len(asked) > 0


def test_a_limit_of_requests_a_second_slows_the_run_down_and_costs_no_row(gateway, journal):
    gateway.most_per_second, seen = 30, []
    order, keys = order_at(gateway, limits=ONCE), gateway.credentials
    with ThreadPoolExecutor(6) as pool:
        rows = rows_of(*map(said, range(50)))
        watch = lambda progress: seen.append(progress.qps)  # noqa: E731  # short
        ended = Ended(order, journal, pool, rows, credentials=keys, concurrency=6, watch=watch)
    assert ended.failure is None
    assert ended.texts == {i: str(i) for i in range(50)}
    assert seen[0] is None
    assert 0 < seen[-1] <= 45  # at first a little more than was let in
    assert ended.progress.limited == gateway.refused > 0


def test_no_more_a_second_than_the_user_allows(gateway, journal, four):
    gateway.most_per_second = 25
    ended = Ended(
        order_at(gateway), journal, four, rows_of(*map(said, range(12))), credentials=gateway.credentials, qps=20
    )
    assert ended.progress.limited == 0
    assert ended.progress.qps == 20
    assert ended.progress.seconds > 11 / 20 - 0.05


def test_a_service_that_takes_nothing_at_all_for_a_minute_ends_the_run(journal):
    held = Instant(lambda q: answered(q) if q == "0" else failed(service_error(11203, "", "")))
    with mock.patch.multiple(loop, _LIMITED=0.02, _TICK=0.001), mock.patch("spark_magic.throttle.pace._PAUSE", 0.0):
        ended = Ended(order_at(None), journal, held, rows_of(*map(str, range(9))))
    assert isinstance(ended.failure, errors.RateLimited)
    assert ended.texts == {0: "answer to 0"}
    assert ended.progress.limited > 1


@pytest.mark.parametrize("code", [11202, 11203])
def test_a_refusal_in_a_run_of_hours_does_not_end_it(journal, monkeypatch, code):
    ahead, refusals = [0.0], [failed(service_error(code, "", ""))]
    clock = SimpleNamespace(monotonic=lambda: time.monotonic() + ahead[0])
    monkeypatch.setattr(loop, "time", clock)
    monkeypatch.setattr("spark_magic.throttle.pace._PAUSE", 0.0)

    def end(question):
        if question == "b" and refusals:
            return refusals.pop()
        ahead[0] += 3600.0
        return answered(question)

    ended = Ended(order_at(None), journal, Instant(end), rows_of("a", "b"), concurrency=1)
    assert ended.failure is None
    assert (ended.texts, ended.progress.limited) == ({0: "answer to a", 1: "answer to b"}, 1)


# executors that die, break, or cannot


@pytest.mark.parametrize("name", ["KilledWorker", "EngineError", "CommClosedError"])
def test_the_row_of_a_dead_worker_is_asked_again_and_counted(journal, name):
    deaths = iter([named(name, "gone"), named(name, "gone")])
    held = Instant(lambda q: next(deaths, answered(q)) if q == "b" else answered(q))
    ended = Ended(order_at(None), journal, held, rows_of("a", "b", "c"))
    assert ended.texts == {i: f"answer to {c}" for i, c in enumerate("abc")}
    assert held.questions.count("b") == 3
    assert (ended.progress.repeated, ended.failure) == (2, None)


@pytest.mark.parametrize("end", [KeyboardInterrupt(), SystemExit(1)], ids=lambda end: type(end).__name__)
def test_a_worker_that_is_interrupted_or_told_to_exit_has_died_and_nobody_else_is_interrupted(journal, end):
    ends = iter([end])
    held = Instant(lambda q: next(ends, answered(q)))
    ended = Ended(order_at(None), journal, held, rows_of("a", "b"))
    assert ended.texts == {0: "answer to a", 1: "answer to b"}
    assert ended.progress.repeated == 1


def test_a_row_that_three_workers_died_of_fails_and_the_others_are_answered(journal):
    held = Instant(lambda q: named("KilledWorker") if q == "b" else answered(q))
    order = order_at(None)
    ended = Ended(order, journal, held, rows_of("a", "b", "c"))
    assert ended.texts == {0: "answer to a", 1: "ExecutorFailed", 2: "answer to c"}
    assert held.questions.count("b") == 3
    assert "3 workers died" in str(ended[1].failure)
    assert journal.get(key_for(order, "b")).failure.key == "executor.died"


def test_a_cancelled_task_is_asked_again(journal):
    cancelled = []

    class Cancelling(Instant):
        def submit(self, fn, task):
            if cancelled:
                return super().submit(fn, task)
            cancelled.append(Future())
            cancelled[0].cancel()
            return cancelled[0]

    ended = Ended(order_at(None), journal, Cancelling(), rows_of("a"))
    assert (ended.texts, ended.progress.repeated) == ({0: "answer to a"}, 1)


@pytest.mark.parametrize(
    "problem", [BrokenExecutor("a"), BrokenProcessPool("b"), RuntimeError("cannot schedule"), OSError("no scheduler")]
)
def test_an_executor_that_breaks_ends_the_run_and_the_next_asks_only_the_rest(journal, problem):
    order, rows = order_at(None), rows_of(*map(str, range(10)))
    breaking = Breaking(problem, after=6)
    ended = Ended(order, journal, breaking, rows)
    assert isinstance(ended.failure, errors.ExecutorFailed)
    assert ended.failure.key == "executor.closed"
    assert str(problem) in str(ended.failure)
    assert ended.texts == {i: f"answer to {i}" for i in range(6)}
    again = Ended(order, journal, whole := Instant(), rows)
    assert whole.questions == ["6", "7", "8", "9"]
    assert again.texts == {i: f"answer to {i}" for i in range(10)}


def test_a_pool_that_is_shut_down_takes_no_rows(journal):
    pool = ThreadPoolExecutor(1)
    pool.shutdown()
    assert isinstance(Ended(order_at(None), journal, pool, rows_of("a")).failure, errors.ExecutorFailed)


def test_a_worker_without_this_package_ends_the_run_at_once_and_answers_beside_it_are_kept(journal):
    held = Held(lambda q: ModuleNotFoundError(f"No module named {q!r}") if "bad" in q else answered(q))
    order = order_at(None)

    def all_at_once(_):
        if len(held.held) == 4:
            for _ in range(4):
                held.release()

    ended = Ended(order, journal, held, rows_of("a", "bad", "bad 2", "d", "e", "f"), watch=all_at_once)
    assert isinstance(ended.failure, errors.ExecutorFailed)
    assert "ModuleNotFoundError: No module named 'bad'" in str(ended.failure)
    assert "same spark_magic" in ended.failure.hint
    assert ended.texts == {0: "answer to a", 3: "answer to d"}
    assert held.questions == ["a", "bad", "bad 2", "d"]


def test_workers_that_are_not_heard_of_any_more_end_the_run(journal, monkeypatch):
    monkeypatch.setattr(crew, "_SILENCE", 0.0)
    monkeypatch.setattr(crew, "_GRACE", 0.05)
    order = order_at(None, limits=Limits(total_timeout=0.05))
    ended = Ended(order, journal, Held(), rows_of("a", "b"))
    assert (type(ended.failure), ended.failure.key) == (errors.ExecutorFailed, "executor.silent")
    assert ended.results == []


@pytest.mark.parametrize("come_back", [True, False])
def test_a_cluster_without_workers_is_waited_for_a_while(journal, monkeypatch, come_back):
    looks, held = [], Held()

    def are_there(_):
        looks.append(time.monotonic())
        if come_back and len(looks) > 1:
            held.release()
        return False

    monkeypatch.setattr("spark_magic.batch.workers.Workers.are_there", are_there)
    monkeypatch.setattr(crew, "_SILENCE", 0.0)
    monkeypatch.setattr(crew, "_NOBODY", 9.0 if come_back else 0.15)
    monkeypatch.setattr(loop, "_TICK", 0.02)
    ended = Ended(order_at(None), journal, held, rows_of("a"))
    assert len(looks) > 1
    if come_back:
        assert (ended.failure, ended.texts) == (None, {0: "answer to a"})
    else:
        assert (type(ended.failure), ended.failure.key) == (errors.ExecutorFailed, "executor.gone")


def test_what_an_executor_says_is_shown_without_keys(journal):
    problem = BrokenExecutor(f"tcp://host?key={CANARIES['api_key']}\n\x1b[31m")
    failure = Ended(order_at(None), journal, Breaking(problem, after=0), rows_of("a")).failure
    assert leaked(str(failure)) == set()
    assert "\x1b" not in str(failure)


def test_tasks_that_an_executor_has_not_begun_are_taken_back_however_the_run_is_left(journal):
    held = Held()
    with begun(order_at(None), journal, held) as run:
        results = run.results(rows_of("a", None, "b"))
        assert next(results).entry is None  # the one that is empty
        results.close()
    assert [future.cancelled() for future, _ in held.held] == [True]


# other processes


@pytest.fixture
def processes():
    """Return two processes that begin with nothing of this one but its environment."""
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        yield pool


def test_other_processes_find_the_credentials_in_their_own_environment(gateway, journal, monkeypatch, processes):
    use_keys(monkeypatch)
    rows = rows_of(*map(said, range(12)), "sandbox: error 10013", "sandbox: error 10008")
    ended = Ended(order_at(gateway, limits=ONCE), journal, processes, rows, credentials=None)
    assert ended.failure is None
    assert ended.texts == {i: str(i) for i in range(12)} | {12: "Moderated", 13: "ServiceBusy"}
    assert ended[12].failure.code == 10013
    assert len(gateway.requests) == 14


def test_other_processes_never_get_the_credentials_of_this_one(gateway, journal, monkeypatch, processes):
    for name in ENVIRONMENT:
        monkeypatch.delenv(name, raising=False)
    ended = Ended(order_at(gateway), journal, processes, rows_of(said(1)), credentials=gateway.credentials)
    assert isinstance(ended.failure, errors.CredentialsMissing)
    assert gateway.handshakes == 0


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")
def test_a_process_that_is_killed_ends_the_run_and_the_next_asks_only_the_rest(
    gateway, journal, monkeypatch, processes
):
    use_keys(monkeypatch)
    texts = [*map(said, range(6)), f"sandbox: stall\nsandbox: first 1\n{said(6)}", *map(said, range(7, 9))]

    def kill(progress):
        if progress.done == 8:
            for pid in list(processes._processes):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

    order = order_at(gateway)
    ended = Ended(order, journal, processes, rows_of(*texts), credentials=None, concurrency=2, watch=kill)
    assert isinstance(ended.failure, errors.ExecutorFailed)
    assert ended.texts == {i: str(i) for i in range(9) if i != 6}
    before = len(gateway.requests)
    again = Ended(order, journal, Inline(), rows_of(*texts), credentials=gateway.credentials)
    assert asked_of(gateway, before) == [texts[6]]
    assert again.texts == {i: str(i) for i in range(9)}


def test_a_stop_does_not_wait_for_what_another_process_is_asking(gateway, journal, monkeypatch, processes):
    use_keys(monkeypatch)
    with begun(order_at(gateway), journal, processes, concurrency=2) as run:
        stopped = []

        def stop():
            gateway.wait_until(lambda: len(gateway.requests) == 2, timeout=20)
            stopped.append(time.monotonic())
            run.stop()

        stopper = threading.Thread(target=stop)
        stopper.start()
        assert list(run.results(rows_of("sandbox: stall", "sandbox: stall after 1"))) == []
        took = time.monotonic() - stopped[0]
        stopper.join()
    gateway.stop()  # ends what the processes still wait for
    assert took < 1


# secrets


def test_no_secret_is_in_anything_that_comes_of_a_run(journal):
    rows = rows_of(said(1), "sandbox: error 10013", None, "字" * 200_000, "sandbox: drop", "sandbox: error 11200")
    with Sandbox(**CANARIES) as box, ThreadPoolExecutor(2) as pool:
        order = order_at(box, limits=ONCE)
        ended = Ended(order, journal, pool, rows, credentials=box.credentials, concurrency=1)
    assert isinstance(ended.failure, errors.QuotaExceeded)
    assert len(ended.results) == 5
    assert leaked([ended.results, ended.failure, ended.progress]) == set()


# the stop


@pytest.mark.parametrize("pool", [4, 2], ids=["all in flight", "some not begun"])
def test_a_stop_from_another_thread_ends_the_run_within_a_second_and_leaves_nothing_open(gateway, journal, pool):
    texts = [said(0), said(1), *(f"sandbox: stall after 1\n{said(i)}" for i in range(2, 20))]
    stalled = min(pool, 4)
    with (
        ThreadPoolExecutor(pool) as executor,
        begun(order_at(gateway), journal, executor, texts, credentials=gateway.credentials) as run,
    ):
        stopped = []

        def stop():
            gateway.wait_until(lambda: gateway.open_connections == stalled and len(gateway.requests) == 2 + stalled)
            stopped.append(time.monotonic())
            run.stop()

        stopper = threading.Thread(target=stop)
        stopper.start()
        results = list(run.results(rows_of(*texts)))
        took = time.monotonic() - stopped[0]
        stopper.join()
    assert took < 1
    assert {result.index: result.entry.text for result in results} == {0: "0", 1: "1"}
    assert gateway.wait_until(lambda: gateway.open_connections == 0)
    assert len(gateway.requests) == 2 + stalled


def test_a_stop_ends_a_run_whose_executor_never_answers(journal):
    held = Held()
    with begun(order_at(None), journal, held) as run:
        timer = threading.Timer(0.05, run.stop)
        timer.start()
        began = time.monotonic()
        assert list(run.results(rows_of(*map(str, range(9))))) == []
        assert time.monotonic() - began < 1
        timer.join()
    assert all(future.cancelled() for future, _ in held.held)


def test_a_stop_before_the_beginning_asks_nothing(gateway, journal, four):
    with begun(order_at(gateway), journal, four, credentials=gateway.credentials) as run:
        run.stop()
        assert list(run.results(rows_of("a"))) == []
    assert gateway.handshakes == 0


def test_what_was_answered_by_the_time_of_a_stop_is_kept(journal):
    held, order = Held(), order_at(None)

    def stop_with_answers_on_their_way(_):
        if len(held.held) == 4:
            held.release()
            held.release()
            run.stop()

    with begun(order, journal, held, watch=stop_with_answers_on_their_way) as run:
        results = list(run.results(rows_of(*"abcdef")))
    assert {result.index: result.entry.text for result in results} == {0: "answer to a", 1: "answer to b"}
    assert journal.get(key_for(order, "b")) is not None
    assert held.questions == list("abcd")


# answers in a form

KIND = Form(
    "json",
    schema_from({"type": "object", "properties": {"kind": {"enum": ["工程", "货物"]}}, "required": ["kind"]}, "s"),
)


def test_an_answer_of_another_form_is_sent_back_once_and_both_are_billed(gateway, journal, four):
    rows = rows_of('sandbox: line {"kind": "x"}\nsandbox: then {"kind": "工程"}', 'sandbox: line {"kind": "货物"}')
    ended = Ended(order_at(gateway, form=KIND), journal, four, rows, credentials=gateway.credentials)
    assert [ended[i].data for i in range(2)] == [{"kind": "工程"}, {"kind": "货物"}]
    assert len(gateway.requests) == 3
    assert ended.run.asked == 3
    assert ended.progress.tokens == sum(result.entry.usage.total_tokens for result in ended.results)
    assert ended[0].entry.usage.total_tokens > ended[1].entry.usage.total_tokens
    repair = next(request for request in gateway.requests if len(messages_of(request)) == 3)
    assert [role for role, _ in messages_of(repair)] == ["user", "assistant", "user"]
    again = Ended(order_at(gateway, form=KIND), journal, four, rows, credentials=gateway.credentials)
    assert ([again[i].data for i in range(2)], len(gateway.requests)) == ([{"kind": "工程"}, {"kind": "货物"}], 3)


def test_an_answer_that_stays_of_another_form_is_its_rows_failure_and_is_not_asked_again(gateway, journal, four):
    rows = rows_of('sandbox: line {"kind": "x"}\nsandbox: then {"kind": "y"}', 'sandbox: line {"kind": "货物"}')
    order = order_at(gateway, form=KIND)
    ended = Ended(order, journal, four, rows, credentials=gateway.credentials)
    assert isinstance(ended[0].failure, errors.AnswerInvalid)
    assert ended[0].failure.values["path"] == "$.kind"
    assert ended[0].entry.usage.total_tokens > ended[1].entry.usage.total_tokens
    assert ended[1].data == {"kind": "货物"}
    Ended(order, journal, four, rows, credentials=gateway.credentials)
    assert len(gateway.requests) == 3


def test_a_pydantic_model_is_what_the_answers_are_checked_by(gateway, journal, four):
    pydantic = pytest.importorskip("pydantic")

    class Kind(pydantic.BaseModel):
        kind: int

    order = order_at(gateway, form=Form("json", schema_from(Kind)))
    rows = rows_of('sandbox: line {"kind": 5}', 'sandbox: line {"kind": "no"}\nsandbox: then {"kind": 6}')
    ended = Ended(order, journal, four, rows, credentials=gateway.credentials)
    assert [ended[i].data for i in range(2)] == [Kind(kind=5), Kind(kind=6)]


# memory


class Forgetful(Executor):
    """Answers at once, and keeps nothing."""

    def submit(self, *_):
        future = Future()
        future.set_result(Outcome("x"))
        return future


class NoJournal:
    """Takes everything, and keeps nothing."""

    def get(self, _):
        return None

    def put(self, entries):
        for _ in entries:
            pass


def peak_of(count):
    with begun(order_at(None), NoJournal(), Forgetful()) as run:
        gc.collect()
        tracemalloc.start()
        try:
            for _ in run.results({"text": f"{i:0100}"} for i in range(count)):
                pass
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()


def test_memory_does_not_grow_with_the_number_of_rows():
    peak_of(50)  # what is loaded the first time
    few, many = peak_of(500), peak_of(5000)
    assert many < few + 30_000


def test_never_more_are_in_flight_than_the_throttle_allows(journal):
    held = Held()
    ended = Ended(
        *(order_at(None), journal, held, rows_of(*map(str, range(60)))),
        concurrency=7,
        watch=lambda progress: held.release(progress.done),
    )
    assert held.most == 7
    assert len(ended.results) == 60


def test_rows_are_read_only_as_they_are_asked(journal):
    held, read = Held(), []

    def rows():
        for i in range(1000):
            read.append(i)
            yield {"text": str(i)}

    with begun(order_at(None), journal, held, concurrency=3, watch=lambda _: run.stop()) as run:
        list(run.results(rows()))
    assert read == [0, 1, 2]
