"""Whatever ends a run, what is done is in the journal, and the next run asks exactly the rest."""

import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from batching import Ended, Held, Inline, Instant, answered, asked_of, begun, failed, named, order_at, rows_of, said
from cells import KEYS

from spark_magic import errors
from spark_magic.batch.task import DESKS
from spark_magic.errors import service_error
from spark_magic.formats import Form
from spark_magic.formats.schema import schema_from
from spark_magic.journal import Entry, Journal, key_of
from spark_magic.target import Limits, Parameters

ONCE = Limits(retries=0)
ROWS = rows_of(*map(said, range(20)))
ALL = {i: str(i) for i in range(20)}


@pytest.fixture
def path(tmp_path):
    """Return where the journal is."""
    return tmp_path / "answers.sqlite3"


@pytest.fixture
def journal(path):
    """Return an empty one."""
    with Journal(path) as opened:
        yield opened


@pytest.fixture
def four():
    """Return four threads."""
    with ThreadPoolExecutor(4) as pool:
        yield pool


def key_for(order, text):
    return key_of(order.target, order.messages({"text": text}))


def entries_in(journal):
    return sum(total.entries for total in journal.totals())


def resumed(box, journal, pool, rows=ROWS, **options):
    """Run it again; return what came of it and the questions that were asked."""
    assert box.wait_until(lambda: box.open_connections == 0)  # of the run before: it has been heard to its end
    before = len(box.requests)
    ended = Ended(order_at(box), journal, pool, rows, credentials=box.credentials, **options)
    return ended, asked_of(box, before)


class Spy:
    """A journal that notes when what was written down."""

    def __init__(self, journal):
        """Stand before it."""
        self._journal, self.batches, self.keys = journal, [], set()

    def hurry(self):
        self._journal.hurry()

    def get(self, key):
        return self._journal.get(key)

    def put(self, entries):
        entries = list(entries)
        self._journal.put(entries)
        self.batches.append(len(entries))
        self.keys |= {key for key, _ in entries}


def test_every_finished_row_is_in_the_journal_before_it_is_yielded_or_counted(gateway, journal, four):
    spy, order, late = Spy(journal), order_at(gateway), []

    def watch(progress):
        late.append(progress.done > len(spy.keys))

    with begun(order, spy, four, credentials=gateway.credentials, watch=watch) as run:
        for result in run.results(ROWS):
            assert key_for(order, ROWS[result.index]["text"]) in spy.keys
    assert late
    assert not any(late)


def test_rows_that_end_together_are_written_down_together(journal):
    spy, held = Spy(journal), Held()

    def all_at_once(_):
        while len(held.held) == 4 or (held.held and len(held.questions) == 20):
            for _ in range(4):
                held.release()

    ended = Ended(order_at(None), spy, held, ROWS, watch=all_at_once)
    assert len(ended.results) == 20
    assert spy.batches == [4] * 5


def test_a_run_that_is_complete_asks_nothing_the_next_time(gateway, journal, four):
    first, _ = resumed(gateway, journal, four)
    again, asked = resumed(gateway, journal, four)
    assert asked == []
    assert again.texts == first.texts == ALL
    assert [result.journalled for result in again.results] == [True] * 20
    assert [result.index for result in again.results] == list(range(20))
    assert (again.progress.journalled, again.progress.tokens, again.run.spent) == (20, 0, None)
    assert not any(result.journalled for result in first.results)


def test_after_a_stop_only_the_rest_is_asked(gateway, journal, four):
    with begun(order_at(gateway), journal, four, credentials=gateway.credentials) as run:
        done = []
        for result in run.results(ROWS):
            done.append(result.index)
            if len(done) == 6:
                run.stop()
    assert 6 <= len(done) < 20
    again, asked = resumed(gateway, journal, four)
    assert sorted(asked) == sorted(said(i) for i in range(20) if i not in done)
    assert again.texts == ALL
    assert again.progress.journalled == len(done)


@pytest.mark.parametrize("code", [11200, 10163])
def test_after_an_error_that_ended_the_run_only_the_rest_is_asked(gateway, journal, four, code):
    bad = f"sandbox: error {code}\nsandbox: first 1\n{said('better')}"
    rows = [*ROWS[:9], *rows_of(bad), *ROWS[9:]]
    first, asked = resumed(gateway, journal, four, rows, raise_errors=True)
    assert first.failure.code == code
    done = {rows[result.index]["text"] for result in first.results if result.failure is None}
    again, asked = resumed(gateway, journal, four, rows, retry_failed=True)
    assert sorted(asked) == sorted({row["text"] for row in rows} - done)
    assert again.failure is None
    assert again.texts[9] == "better"


def test_a_run_that_is_left_in_the_middle_has_written_down_what_it_gave(gateway, journal):
    with begun(order_at(gateway), journal, Inline(), credentials=gateway.credentials) as run:
        results = run.results(ROWS)
        given = [next(results).index for _ in range(3)]
        results.close()
    kept = entries_in(journal)
    _, asked = resumed(gateway, journal, Inline())
    assert not {said(i) for i in given} & set(asked)
    assert len(asked) == 20 - kept


RUN = """
import sys, threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from batching import begun, order_at, rows_of, said
from spark_magic.credentials import find_credentials
from spark_magic.journal import Journal

class Box:
    url = lambda self, alias: sys.argv[1]

with Journal(Path(sys.argv[2])) as journal, ThreadPoolExecutor(4) as pool:
    with begun(order_at(Box()), journal, pool, credentials=find_credentials()) as run:
        for result in run.results(rows_of(*(f"sandbox: delay 0.03\\n{said(i)}" for i in range(60)))):
            print(result.index, flush=True)
"""


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")
def test_after_the_whole_process_is_killed_only_the_rest_is_asked(gateway, path, four):
    rows = rows_of(*(f"sandbox: delay 0.03\n{said(i)}" for i in range(60)))
    environment = os.environ | KEYS | {"PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])}
    command = [sys.executable, "-c", RUN, gateway.url("ultra"), str(path)]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        given = [int(process.stdout.readline()) for _ in range(15)]
        process.send_signal(signal.SIGKILL)
        given += map(int, process.stdout.read().split())
    with Journal(path) as journal:
        kept, before = entries_in(journal), len(gateway.requests)
        assert len(given) <= kept < 60
        again, asked = resumed(gateway, journal, four, rows)
        assert before <= kept + 4  # those in flight
        assert len(asked) == len(set(asked)) == 60 - kept
        assert not {rows[i]["text"] for i in given} & set(asked)
    assert again.texts == {i: str(i) for i in range(60)}


# which failures are asked again


def test_a_failure_that_may_pass_is_asked_again_by_the_next_run(gateway, journal, four):
    rows = rows_of(said(0), f"sandbox: error 10008\nsandbox: first 2\n{said(1)}")
    first = Ended(order_at(gateway, limits=Limits(retries=1)), journal, four, rows, credentials=gateway.credentials)
    assert first.texts == {0: "0", 1: "ServiceBusy"}
    assert entries_in(journal) == 1
    again, asked = resumed(gateway, journal, four, rows)
    assert asked == [rows[1]["text"]]
    assert again.texts == {0: "0", 1: "1"}


@pytest.mark.parametrize(
    "failure",
    [
        errors.ConnectionFailed("connect.refused"),
        errors.ConnectionLost("connection.lost"),
        errors.DeadlineExceeded("deadline.total", phase="total"),
        errors.ClockSkew("handshake.date"),
        service_error(10017, "", ""),
    ],
    ids=lambda failure: type(failure).__name__,
)
def test_what_a_connection_or_the_service_failed_with_is_no_end_of_the_row(journal, failure):
    order = order_at(None, limits=ONCE)
    first = Ended(order, journal, Instant(lambda q: failed(failure) if q == "b" else answered(q)), rows_of("a", "b"))
    assert first.texts == {0: "answer to a", 1: type(failure).__name__}
    again = Ended(order, journal, later := Instant(), rows_of("a", "b"))
    assert later.questions == ["b"]
    assert again.texts == {0: "answer to a", 1: "answer to b"}


def test_a_rows_own_failure_is_asked_again_only_when_that_is_wanted(gateway, journal, four):
    rows = rows_of(said(0), f"sandbox: error 10013\nsandbox: first 1\n{said(1)}")
    first, _ = resumed(gateway, journal, four, rows)
    assert first.texts == {0: "0", 1: "Moderated"}
    second, asked = resumed(gateway, journal, four, rows)
    assert (second.texts, asked, second[1].journalled) == ({0: "0", 1: "Moderated"}, [], True)
    assert str(second[1].failure) == str(first[1].failure)
    third, asked = resumed(gateway, journal, four, rows, retry_failed=True)
    assert (third.texts, asked) == ({0: "0", 1: "1"}, [rows[1]["text"]])
    _, asked = resumed(gateway, journal, four, rows, retry_failed=True)
    assert asked == []


def test_a_row_that_cannot_be_asked_is_looked_at_again_each_time(journal):
    rows = rows_of("字" * 200_000, "b")
    assert Ended(order_at(None), journal, Instant(), rows).texts[0] == "PromptTooLarge"
    assert entries_in(journal) == 1


def test_a_failure_from_the_journal_ends_a_run_that_raises_errors(journal):
    order, rows = order_at(None), rows_of("a", "b", "c")
    refused = Instant(lambda q: failed(service_error(10013, "", "")) if q == "b" else answered(q))
    Ended(order, journal, refused, rows)
    again = Ended(order, journal, later := Instant(), rows, raise_errors=True)
    assert (type(again.failure), again.failure.row, later.questions) == (errors.Moderated, 2, [])


def test_a_row_that_workers_died_of_is_asked_again_when_that_is_wanted(journal):
    order = order_at(None)
    Ended(order, journal, Instant(lambda _: named("KilledWorker")), rows_of("a"))
    assert Ended(order, journal, Instant(), rows_of("a")).texts == {0: "ExecutorFailed"}
    assert Ended(order, journal, Instant(), rows_of("a"), retry_failed=True).texts == {0: "answer to a"}


# what counts of the journal


def test_fresh_asks_all_rows_once_and_what_is_new_counts_from_then_on(gateway, journal, four):
    resumed(gateway, journal, four)
    twice = [*ROWS, *ROWS]
    fresh, asked = resumed(gateway, journal, four, twice, fresh=True)
    assert sorted(asked) == sorted(row["text"] for row in ROWS)
    assert len(fresh.results) == 40
    _, asked = resumed(gateway, journal, four)
    assert asked == []


def test_another_question_model_parameter_or_form_is_another_row(journal):
    def asked(order, text="a"):
        Ended(order, journal, held := Instant(lambda _: answered("[]")), rows_of(text))
        return len(held.questions)

    ways = [
        order_at(None),
        order_at(None, "so: {{ text }}"),
        order_at(None, system="short"),
        order_at(None, examples=(("q", "a"),)),
        order_at(None, parameters=Parameters(temperature=0.1)),
        order_at(None, parameters=Parameters(max_tokens=100)),
        order_at(None, form=Form("text")),
    ]
    assert [asked(order) for order in ways] == [1] * 7
    assert [asked(order) for order in ways] == [0] * 7
    assert asked(order_at(None, limits=Limits(retries=9, idle_timeout=5))) == 0


def test_a_journalled_answer_is_checked_by_the_schema_of_today(journal):
    seen = []

    def form(least):
        schema = schema_from({"type": "object", "properties": {"n": {"type": "integer"}}}, "s")

        def check(data):
            seen.append(data)
            return {"n": schema.check(data)["n"] + least}

        return Form("json", type(schema)(schema.text, check))

    order, end = order_at(None, form=form(1)), '{"n": 5}'
    ask = Instant(lambda _: type(answered(""))(end))
    assert Ended(order, journal, ask, rows_of("a"))[0].data == {"n": 6}
    assert Ended(order_at(None, form=form(10)), journal, ask, rows_of("a"))[0].data == {"n": 15}
    assert ask.questions == [order.messages({"text": "a"})[-1].content]
    assert seen == [{"n": 5}, {"n": 5}]


def test_a_journalled_answer_that_does_not_fit_any_more_is_asked_again(journal):
    form = Form("json", schema_from({"type": "object"}, "s"))
    order = order_at(None, form=form)
    journal.put([(key_for(order, "a"), Entry("no json"))])
    ended = Ended(order, journal, held := Instant(lambda _: type(answered(""))("{}")), rows_of("a"))
    assert (len(held.questions), ended[0].data, ended[0].journalled) == (1, {}, False)


def test_what_was_told_of_an_answer_is_told_again_from_the_journal(gateway, journal, four):
    rows = rows_of("sandbox: line x", "sandbox: count 9")
    order = order_at(gateway, parameters=Parameters(max_tokens=1))
    first = Ended(order, journal, four, rows, credentials=gateway.credentials)
    again = Ended(order, journal, four, rows, credentials=gateway.credentials)
    assert first[1].status == again[1].status == "cut"
    for i in range(2):
        assert again[i].entry == first[i].entry


def test_the_journal_has_no_secret_and_no_question_in_it(gateway, path, four):
    with Journal(path) as journal:
        Ended(order_at(gateway), journal, four, rows_of(said("answer")), credentials=gateway.credentials)
    data = path.read_bytes()
    assert b"answer" in data
    for secret in (*KEYS.values(), "sandbox: line"):
        assert secret.encode() not in data


# a journal that fails


class Full:
    """A journal on a disk that is full after so many entries."""

    def __init__(self, journal, room):
        """Stand before it."""
        self._journal, self._room = journal, room

    def hurry(self):
        """Wait for nobody anyway."""

    def get(self, key):
        return self._journal.get(key)

    def put(self, entries):
        entries = list(entries)
        self._room -= len(entries)
        if self._room < 0:
            raise errors.JournalUnusable("journal.full", path="j", detail="full")
        self._journal.put(entries)


def test_what_cannot_be_written_down_is_not_given_and_ends_the_run(journal):
    order = order_at(None)
    ended = Ended(order, Full(journal, 7), held := Instant(), ROWS, concurrency=1)
    assert isinstance(ended.failure, errors.JournalUnusable)
    assert len(ended.results) == entries_in(journal) == 7
    assert len(held.questions) <= 8
    assert DESKS == {}


def test_a_damaged_entry_ends_the_run_and_what_is_on_its_way_is_kept(journal):
    class Damaged(Spy):
        def get(self, key):
            if key == key_for(order, "c"):
                raise errors.JournalUnusable("journal.damaged", path="j", detail="x")
            return super().get(key)

    order = order_at(None)
    ended = Ended(order, Damaged(journal), Instant(), rows_of("a", "b", "c", "d"))
    assert isinstance(ended.failure, errors.JournalUnusable)
    assert ended.texts == {0: "answer to a", 1: "answer to b"}


def test_an_interrupt_between_answer_and_journal_loses_no_row_that_was_given(gateway, journal):
    class Interrupting(Spy):
        def put(self, entries):
            if len(self.keys) == 5:
                raise KeyboardInterrupt
            super().put(entries)

    spy, given = Interrupting(journal), []
    with (
        pytest.raises(KeyboardInterrupt),
        begun(order_at(gateway), spy, Inline(), credentials=gateway.credentials, concurrency=1) as run,
    ):
        given.extend(result.index for result in run.results(ROWS))
    assert entries_in(journal) == 5
    _, asked = resumed(gateway, journal, Inline())
    assert asked == [said(i) for i in range(5, 20)]
    assert DESKS == {}


def test_two_runs_over_the_same_journal_at_once_lose_nothing(gateway, path):
    def run():
        with Journal(path) as journal, ThreadPoolExecutor(3) as pool:
            ends.append(Ended(order_at(gateway), journal, pool, ROWS, credentials=gateway.credentials))

    ends, threads = [], [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [ended.texts for ended in ends] == [ALL, ALL]
