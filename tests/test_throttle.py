"""An account's quota is used to the full with few refusals, whatever it is, and when it changes; no row is lost."""

import math
import queue
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest
from asking import client_of, question, text_of
from hypothesis import given, settings
from hypothesis import strategies as st
from virtual_service import Service, World

from spark_magic.errors import RateLimited
from spark_magic.target import Limits
from spark_magic.throttle import Throttle

ROWS = 300
WORKERS = (1, 2, 3, 8, 16, 32)
CONCURRENCY = {10006, 10007, 11203}


def play(service, workers, rows=ROWS, qps=None):
    """Return the run and its throttle; every row has been answered, once."""
    throttle = Throttle(workers, qps)
    run = World(service, throttle, rows, workers).play()
    assert sorted(run.rows) == list(range(rows))
    return run, throttle


def turned_away_at_first(service, workers):
    """Those of the first crowd that nobody could know to be too many."""
    return workers - min(workers, service.at_once or workers, max(1, int(service.per_second or workers)))


# the quota is found out


@pytest.mark.parametrize("workers", WORKERS)
@pytest.mark.parametrize("per_second", [None, 0.5, 2, 10])
@pytest.mark.parametrize("at_once", [None, 1, 2, 5, 20])
def test_a_quota_is_used_to_the_full_with_few_refusals(at_once, per_second, workers):
    for chance in (False, True):
        for seconds in (0.2, 1.0, 3.0):
            service = Service(at_once=at_once, per_second=per_second, seconds=seconds, chance=chance)
            run, _ = play(service, workers)
            # Where both limits come to nearly the same and times vary, none can be used to the full.
            both = chance and per_second and 0.75 < service.rate_of_places(workers) / per_second < 1.33
            # The first refusals tell little: another is tried for, which costs a second of some thirty.
            assert run.rate() >= (0.8 if both else 0.82) * service.best(workers)
            refused, crowd = len(run.refusals), turned_away_at_first(service, workers)
            assert refused - crowd <= 0.04 * ROWS
            assert refused <= 0.1 * (ROWS + refused) or crowd >= 25


@pytest.mark.parametrize("before", [[0.1, 0.3, 0.5, 0.7, 0.9], [0.1, 0.3, 0.5, 0.7], [0.05, 0.25], [0.1] * 5])
@pytest.mark.parametrize("at_once", [None, 2])
def test_what_was_asked_right_before_slows_a_run_down_for_seconds_only(before, at_once):
    """Another run's questions, which the service still counts, say nothing of what it lets in in a second."""
    service = Service(at_once=at_once, per_second=5, seconds=0.25)
    for ago in sorted(before, reverse=True):
        service.gate.let_in(-ago, most_at_once=None, most_per_second=5)
    run, _ = play(service, 8, rows=60)
    clean, _ = play(Service(at_once=at_once, per_second=5, seconds=0.25), 8, rows=60)
    assert run.ends[-1] <= clean.ends[-1] + 4
    assert len(run.refusals) <= 0.25 * 60


@pytest.mark.parametrize("workers", WORKERS)
def test_without_limits_nothing_is_ever_held_back(workers):
    service = Service()
    run, throttle = play(service, workers, rows=320)
    rounds = math.ceil(320 / workers)
    assert run.ends[-1] == pytest.approx(rounds * (service.seconds + 2 * service.way))
    assert (throttle.concurrency, throttle.qps, run.refusals) == (workers, None, [])


@pytest.mark.parametrize("by", ["rate", "concurrency"])
def test_a_long_run_has_hardly_any_refusals(by):
    service = Service(chance=True, **({"per_second": 10} if by == "rate" else {"at_once": 4}))
    run, _ = play(service, 16, rows=5000)
    assert len(run.refusals) <= 0.015 * 5000
    assert run.rate() >= 0.88 * service.best(16)


# it changes


@pytest.mark.parametrize("workers", [8, 32])
@pytest.mark.parametrize("chance", [False, True])
@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("at_once", 20, 10),
        ("at_once", 10, 20),
        ("at_once", 5, 2),
        ("at_once", 2, 5),
        ("at_once", 1, 2),
        ("at_once", 4, None),
        ("per_second", 10, 5),
        ("per_second", 5, 10),
        ("per_second", 2, 1),
        ("per_second", 1, 2),
        ("per_second", 2, None),
        ("per_second", None, 2),
    ],
)
def test_a_quota_that_changes_is_followed(name, before, after, chance, workers):
    old, new = (Service(**{name: value}, seconds=1.0) for value in (before, after))
    service = Service(**{name: before}, seconds=1.0, chance=chance, changes=((300.0, name, after),))
    rows = int(300 * old.best(workers) + 350 * new.best(workers))
    run, _ = play(service, workers, rows=rows)
    assert run.rate_between(100, 300) >= 0.84 * old.best(workers)
    assert run.rate_between(480, 600) >= 0.84 * new.best(workers)
    later = sum(end > 300 for end in run.ends)
    assert sum(when > 300 for when, _ in run.refusals) <= workers + 0.06 * later
    smaller = after is not None and (before is None or after < before)
    if smaller:
        assert run.rate_between(300, 330) >= 0.84 * new.best(workers)


def test_an_account_that_others_use_up_is_asked_seldom_and_used_again_when_they_are_done():
    changes = ((60.0, "at_once", 0), (180.0, "at_once", 5))
    run, _ = play(Service(at_once=5, seconds=1.0, changes=changes), 8, rows=1500)
    meanwhile = [when for when, _ in run.refusals if 61 < when < 180]
    assert 20 <= len(meanwhile) <= 40
    assert run.rate_between(300, 360) >= 0.84 * Service(at_once=5, seconds=1.0).best(8)


@pytest.mark.parametrize("chance", [False, True])
@pytest.mark.parametrize("less", [0, 0.5, 2])
def test_a_rate_that_others_had_used_up_is_used_again_before_long(less, chance):
    changes = ((60.0, "per_second", less), (120.0, "per_second", 10))
    run, _ = play(Service(per_second=10, seconds=0.3, chance=chance, changes=changes), 8, rows=3000)
    assert run.rate_between(260, 300) >= 0.84 * 10
    assert less >= 1 or run.rate_between(180, 240) >= 0.84 * 10  # refusals of all say less than those of some


def test_a_place_that_is_free_a_little_late_is_waited_for():
    """The service frees a place only when the client has heard the end and gone: one worker alone may be too many."""

    class Late(Service):
        def refusal(self, now):
            if self.last_end is not None and now < self.last_end + 0.1:
                return "concurrency"
            return super().refusal(now)

        def leave(self, now):
            self.last_end = now

    Late.last_end = None
    run, throttle = play(Late(at_once=1, seconds=1.0), 1, rows=200)
    assert throttle.concurrency == 1
    assert len(run.refusals) <= 0.1 * 200
    assert run.rate() >= 0.75


# one round, one cut


def crowd(throttle, count, now=0.0):
    for _ in range(count):
        throttle.started(now)


def test_a_round_of_refusals_leaves_what_was_let_in():
    throttle = Throttle(8)
    crowd(throttle, 8)
    for number in range(5):
        throttle.limited(0.1 + number / 100, 0.0, by="concurrency")
    assert throttle.concurrency == 3
    assert throttle.wait(0.2, 3) == math.inf
    assert throttle.wait(0.2, 2) == 0.0


def test_a_late_refusal_of_an_earlier_round_does_not_slow_down_again():
    throttle = Throttle(8)
    crowd(throttle, 8)
    for _ in range(6):
        throttle.limited(0.1, 0.0, by="rate")
    assert throttle.qps == pytest.approx(3)
    now = 0.1
    for _ in range(5):
        now += throttle.wait(now, 0)
        throttle.started(now)
    throttle.limited(now + 0.2, now, by="rate")
    slower = throttle.qps
    assert slower < 3
    throttle.limited(now + 0.3, now, by="rate")
    assert throttle.qps == slower


def test_after_a_refusal_for_the_rate_nothing_starts_for_a_second():
    throttle = Throttle(4)
    crowd(throttle, 4)
    throttle.limited(0.1, 0.0, by="rate")
    assert throttle.wait(0.1, 3) == pytest.approx(1.1)  # what the service has counted so far is out of its second
    assert throttle.wait(1.1, 0) == pytest.approx(0.1)
    assert throttle.wait(1.3, 3) == 0.0
    crowd(throttle, 1, now=9)
    throttle.limited(9.1, 9, by="rate")
    assert throttle.wait(9.1, 3) == pytest.approx(1.0)


def test_one_refused_alone_is_no_reason_to_ask_again_at_once():
    throttle = Throttle(1)
    pauses, now = [], 0.0
    for _ in range(12):
        throttle.started(now)
        throttle.limited(now + 0.02, now, by="concurrency")
        pauses.append(throttle.wait(now + 0.02, 0))
        now += 0.02 + pauses[-1]
    assert pauses[0] >= 1
    assert pauses[1:] == pytest.approx(sorted(pauses[1:]))
    assert 4.9 <= pauses[-1] <= 5


@pytest.fixture
def slowed():
    """Return a throttle that was slowed down ten seconds after its first start, to 3.8 a second, and the time."""
    throttle = Throttle(8)
    throttle.started(0.0)
    throttle.succeeded(0.1, 0.0)
    crowd(throttle, 5, now=10.0)
    throttle.limited(10.1, 10.0, by="rate")
    for _ in range(4):
        throttle.succeeded(10.2, 10.0)
    assert throttle.qps == pytest.approx(3.8)
    return throttle, 12.0


def after_one(throttle, now):
    """Return the time when one more has started as soon as it may, and has ended well."""
    now += throttle.wait(now, 0)
    throttle.started(now)
    throttle.succeeded(now + 0.01, now)
    return now + 0.01


def test_a_rate_that_is_not_used_proves_nothing_so_no_more_is_tried(slowed):
    throttle, now = slowed
    for _ in range(50):
        now = after_one(throttle, after_one(throttle, now + 2))
    assert throttle.qps == pytest.approx(3.8)


def test_what_began_before_a_higher_rate_was_tried_does_not_prove_it(slowed):
    throttle, now = slowed
    while throttle.qps < 3.9:
        now = after_one(throttle, now)
    for _ in range(9):
        throttle.succeeded(now + 3, now - 1)
    throttle.started(now + 4)
    throttle.limited(now + 4.1, now + 4, by="rate")
    assert throttle.qps == pytest.approx(3.8)


def test_what_was_refused_for_its_place_is_not_counted_as_let_in():
    throttle = Throttle(8)
    crowd(throttle, 1)
    crowd(throttle, 4, now=10.0)
    crowd(throttle, 3, now=10.01)
    for _ in range(3):
        throttle.limited(10.1, 10.01, by="concurrency")
    throttle.limited(10.2, 10.0, by="rate")
    assert throttle.qps == pytest.approx(0.95 * 3)


def test_a_wait_shorter_than_a_clock_can_tell_is_none():
    throttle = Throttle(4, qps=3)
    throttle.started(1e6)
    assert throttle.wait(math.nextafter(1e6 + 1 / 3, 0), 0) == 0


@pytest.mark.parametrize("limit", [{"at_once": 2}, {"per_second": 3}])
def test_where_more_was_refused_it_is_tried_less_and_less_but_not_given_up(limit):
    run, _ = play(Service(**limit), 8, rows=2000)
    times = [when for when, _ in run.refusals if when > 2]
    between = [sum(a < end <= b for end in run.ends) for a, b in pairwise(times)]
    assert between[0] < between[-1]
    assert max(between) <= 300
    assert len(times) >= 7


# the ceilings


@pytest.mark.parametrize("qps", [0.3, 1, 3.7, 20])
@pytest.mark.parametrize("chance", [False, True])
def test_the_users_own_rate_is_kept_exactly(qps, chance):
    run, throttle = play(Service(chance=chance), 32, qps=qps)
    assert min(later - earlier for earlier, later in pairwise(run.starts)) >= 1 / qps - 2e-6
    assert run.starts[-1] - run.starts[0] == pytest.approx((ROWS - 1) / qps, rel=0.001)
    assert throttle.qps == qps


def test_under_the_users_own_rate_the_service_may_be_slower_still():
    run, throttle = play(Service(per_second=2), 8, qps=5)
    assert throttle.qps <= 2.2
    assert run.rate() >= 0.84 * 2


@pytest.mark.parametrize(
    ("concurrency", "qps"), [(0, None), (-1, None), (1, 0), (1, -2.0), (1, math.inf), (1, math.nan)]
)
def test_ceilings_that_let_nothing_start_are_refused(concurrency, qps):
    with pytest.raises(ValueError, match="ceilings"):
        Throttle(concurrency, qps)


@settings(max_examples=150, deadline=None)
@given(
    concurrency=st.integers(1, 32),
    qps=st.none() | st.floats(0.01, 100),
    steps=st.lists(
        st.tuples(
            st.sampled_from(["start", "well", "rate", "concurrency", "lost"]), st.floats(0, 5), st.integers(0, 31)
        ),
        max_size=200,
    ),
)
def test_whatever_happens_it_stays_between_one_and_its_ceilings(concurrency, qps, steps):
    throttle, now, in_flight = Throttle(concurrency, qps), 1000.0, []
    for what, gap, which in steps:
        now += gap
        if what == "start":
            wait = throttle.wait(now, len(in_flight))
            if wait == 0:
                throttle.started(now)
                in_flight.append(now)
        elif in_flight:
            started = in_flight.pop(which % len(in_flight))
            if what == "well":
                throttle.succeeded(now, started)
            elif what != "lost":  # with its worker: nobody says so, the next wait() knows how many there are
                throttle.limited(now, started, by=what)
        assert 1 <= throttle.concurrency <= concurrency
        assert throttle.qps is None or 0 < throttle.qps <= (qps or math.inf)
        assert 0 <= throttle.wait(now, 0) <= max(5, 1 / (qps or 1)) + 1e-6
        assert throttle.wait(now, concurrency) == math.inf
        throttle.wait(now, len(in_flight))


AT_ONCE, PER_SECOND = st.none() | st.integers(1, 40), st.none() | st.floats(0.4, 40)
CHANGE = st.tuples(st.floats(0, 100), st.just("at_once"), AT_ONCE)
CHANGE |= st.tuples(st.floats(0, 100), st.just("per_second"), PER_SECOND)
SERVICES = st.builds(
    Service,
    at_once=AT_ONCE,
    per_second=PER_SECOND,
    seconds=st.floats(0.05, 20),
    way=st.floats(0.001, 0.5),
    chance=st.just(value=True),
    changes=st.lists(CHANGE, max_size=4).map(tuple),
)


@settings(max_examples=60, deadline=None)
@given(service=SERVICES, workers=st.integers(1, 32), qps=PER_SECOND)
def test_whatever_the_limits_every_row_is_answered(service, workers, qps):
    run, _ = play(service, workers, rows=100, qps=qps)
    assert run.idle <= 5 + 1e-6
    assert len(run.refusals) <= 2 * workers * (1 + len(service.changes)) + 50


# against the real sandbox


def ask_all(gateway, throttle, rows, workers=8, deadline=30.0):
    """Ask as `batch` does, with threads and the wall clock; return the answers by row."""
    client = client_of(gateway, limits=Limits(retries=0))
    waiting, in_flight, answers, ended = list(range(rows))[::-1], 0, {}, queue.SimpleQueue()

    def perform(row, started):
        try:
            text = text_of(client.stream(question(f"sandbox: delay 0.03\nsandbox: say row {row}")))
        except RateLimited as refused:
            ended.put((row, started, refused.code))
        else:
            ended.put((row, started, text))

    start = time.monotonic()
    with ThreadPoolExecutor(workers) as pool:
        while len(answers) < rows:
            now = time.monotonic()
            assert now - start < deadline
            wait = throttle.wait(now, in_flight) if waiting and in_flight < workers else math.inf
            if wait == 0:
                in_flight += 1
                throttle.started(now)
                pool.submit(perform, waiting.pop(), now)
                continue
            try:
                row, began, outcome = ended.get(timeout=min(wait, deadline))
            except queue.Empty:
                continue
            now, in_flight = time.monotonic(), in_flight - 1
            if isinstance(outcome, int):
                waiting.append(row)
                throttle.limited(now, began, by="concurrency" if outcome in CONCURRENCY else "rate")
            else:
                answers[row] = outcome
                throttle.succeeded(now, began)
    return answers


def test_the_sandboxs_places_are_found_out_and_no_row_is_lost(gateway):
    gateway.most_at_once = 3
    throttle = Throttle(8)
    answers = ask_all(gateway, throttle, 90)
    assert answers == {row: f"row {row}" for row in range(90)}
    assert gateway.most_seen_at_once == 3
    assert 1 <= throttle.concurrency <= 4
    assert 5 <= gateway.refused <= 20
    assert len(gateway.requests) == 90 + gateway.refused


def test_the_sandboxs_rate_is_found_out_and_no_row_is_lost(gateway):
    gateway.most_per_second = 15
    throttle = Throttle(8)
    answers = ask_all(gateway, throttle, 36)
    assert answers == {row: f"row {row}" for row in range(36)}
    assert throttle.qps <= 20
    assert 1 <= gateway.refused <= 20
