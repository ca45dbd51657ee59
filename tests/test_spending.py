"""What `spark_magic.spending` promises: the sums are those of all, whoever writes, and however long it goes on."""

import os
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spark_magic.events import Usage
from spark_magic.spending import Ledger, Spent, Total, shown

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ONE = Spent(NOON, "ultra", Usage(10, 5, 15), conversation="default", turn=1, execution_count=3)


@pytest.fixture
def zone(monkeypatch):
    """Return what sets this computer's time zone."""
    if not hasattr(time, "tzset"):
        pytest.skip("no tzset on Windows")

    def into(name):
        monkeypatch.setenv("TZ", name)
        time.tzset()

    former = os.environ.get("TZ")
    yield into
    monkeypatch.undo()
    assert os.environ.get("TZ") == former
    time.tzset()


def ledger_of(*records, most=10_000):
    ledger = Ledger(most)
    for record in records:
        ledger.add(record)
    return ledger


def test_an_empty_ledger_has_nothing():
    ledger = Ledger()
    assert (ledger.records, ledger.total, ledger.totals("model")) == ((), Total(), {})


def test_each_record_tells_the_sum_before_and_with_it():
    ledger = Ledger()
    assert ledger.add(ONE) == (0, 15)
    assert ledger.add(replace(ONE, usage=Usage(1, 1, 2))) == (15, 17)
    assert ledger.total == Total(2, 11, 6, 17)


def test_sums_by_model_the_largest_first():
    ledger = ledger_of(ONE, replace(ONE, model="x1", usage=Usage(50, 50, 100)), ONE)
    assert list(ledger.totals("model").items()) == [("x1", Total(1, 50, 50, 100)), ("ultra", Total(2, 20, 10, 30))]


def test_sums_by_conversation_where_none_is_one_too():
    ledger = ledger_of(ONE, replace(ONE, conversation="", usage=Usage(2, 2, 4)))
    assert ledger.totals("conversation") == {"default": Total(1, 10, 5, 15), "": Total(1, 2, 2, 4)}


def test_days_are_in_order_whatever_they_cost():
    ledger = ledger_of(replace(ONE, at=NOON + timedelta(days=1), usage=Usage(90, 9, 99)), ONE)
    assert list(ledger.totals("day")) == ["2026-03-01", "2026-03-02"]


def test_a_day_is_that_of_this_computers_calendar(zone):
    late = replace(ONE, at=NOON.replace(hour=20))
    zone("Asia/Shanghai")
    assert str(late.day) == "2026-03-02"
    zone("America/New_York")
    assert str(late.day) == "2026-03-01"


def test_an_estimate_makes_its_sums_estimates():
    ledger = ledger_of(ONE, replace(ONE, model="x1", estimated=True))
    assert ledger.total.estimated
    assert [total.estimated for total in ledger.totals("model").values()] == [False, True]


def test_only_the_newest_are_kept_and_the_sums_are_those_of_all():
    records = [replace(ONE, model=f"m{n % 2}", turn=n) for n in range(10)]
    ledger = ledger_of(*records, most=3)
    assert [record.turn for record in ledger.records] == [7, 8, 9]
    assert ledger.total == Total(10, 100, 50, 150)
    assert ledger.totals("model") == {"m0": Total(5, 50, 25, 75), "m1": Total(5, 50, 25, 75)}


@given(
    st.lists(
        st.builds(
            Spent,
            at=st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001  # hypothesis wants them bare
            model=st.sampled_from(["lite", "ultra", "x1"]),
            usage=st.builds(Usage, *[st.integers(0, 10**6)] * 3),
            estimated=st.booleans(),
            conversation=st.sampled_from(["", "default", "a"]),
        ),
        max_size=30,
    ),
    st.integers(1, 40),
)
def test_how_many_are_kept_makes_no_difference_to_any_sum(records, most):
    few, all_kept = ledger_of(*records, most=most), ledger_of(*records)
    for by in ("model", "day", "conversation"):
        assert few.totals(by) == all_kept.totals(by)
        assert sum(total.total_tokens for total in few.totals(by).values()) == few.total.total_tokens
    assert few.total == all_kept.total
    assert few.records == tuple(records[-most:])


def test_threads_lose_nothing():
    ledger, start = Ledger(50), threading.Barrier(8)

    def write():
        start.wait()
        for _ in range(200):
            ledger.add(ONE)

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ledger.total == Total(1600, 16_000, 8_000, 24_000)
    assert ledger.totals("model") == {"ultra": ledger.total}
    assert len(ledger.records) == 50


def test_the_sums_before_and_after_fit_together_over_all_threads():
    """So a threshold is passed by one of them, and by one alone."""
    ledger, seen, start = Ledger(), [], threading.Barrier(4)

    def write():
        start.wait()
        seen.extend(ledger.add(ONE) for _ in range(100))

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(seen) == [(15 * n, 15 * n + 15) for n in range(400)]


def test_forgetting_starts_from_nothing_and_tells_what_there_was():
    ledger = ledger_of(*[ONE] * 5, most=2)
    assert ledger.forget() == Total(5, 50, 25, 75)
    assert (ledger.records, ledger.total, ledger.totals("day")) == ((), Total(), {})


def test_numbers_have_separators_and_estimates_a_mark():
    assert shown(1234567, estimated=False) == "1,234,567"
    assert shown(12, estimated=True) == "~12"
