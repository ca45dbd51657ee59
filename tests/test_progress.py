"""How far a long run is: what is counted, and what follows from it."""

from dataclasses import FrozenInstanceError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spark_magic.progress import Progress


def test_the_rate_counts_the_rows_that_were_asked():
    """Those from the journal and the empty ones come at once: they say nothing about the rest."""
    assert Progress(1000, done=310, journalled=100, skipped=10, seconds=20.0).rate == 10.0


def test_a_failed_row_was_asked_too():
    assert Progress(1000, done=20, failed=20, seconds=10.0).rate == 2.0


def test_the_time_left_is_that_of_the_rows_left_at_this_rate():
    assert Progress(1000, done=500, journalled=400, seconds=10.0).left == 50.0


@pytest.mark.parametrize(
    "started", [Progress(9), Progress(9, seconds=3.0), Progress(9, done=4, journalled=4, seconds=3.0)]
)
def test_before_a_row_was_asked_nobody_knows_the_time_left(started):
    assert started.rate == 0.0
    assert started.left is None


@pytest.mark.parametrize(("total", "done"), [(0, 0), (9, 9), (9, 12), (0, 3)])
def test_when_all_are_done_no_time_is_left(total, done):
    assert Progress(total, done=done).left == 0.0


@given(*[st.integers(0, 10**9)] * 4, st.floats(0, 1e9))
def test_no_counts_divide_by_zero(total, done, journalled, skipped, seconds):
    progress = Progress(total, done=done, journalled=journalled, skipped=skipped, seconds=seconds)
    assert progress.rate >= 0.0
    assert progress.left is None or progress.left >= 0.0


def test_it_cannot_be_changed_under_the_view():
    with pytest.raises(FrozenInstanceError):
        Progress(1).done = 1
