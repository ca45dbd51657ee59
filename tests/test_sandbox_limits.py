"""The sandbox keeps an account's limits: so many requests at once, so many a second, and says so as the vendor does."""

import contextlib
import json
import re
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from asking import client_of, events_of, question, text_of
from hypothesis import given
from hypothesis import strategies as st
from test_sandbox import ask, connect, exchange, received, request, signed

from spark_magic.errors import RateLimited
from spark_magic.sandbox import Sandbox, limits, schema
from spark_magic.sandbox.__main__ import _parser

STALLS = "sandbox: stall"


@contextlib.contextmanager
def being_answered(box, count):
    """So many questions that are not answered to their end before the block is."""
    open_ones = []
    for number in range(count):
        open_ones.append(connect(signed(box)))
        open_ones[-1].send(json.dumps(request(f"{STALLS} after 1\nnumber {number}")))
        open_ones[-1].recv()  # its first words: it has been let in
    try:
        yield open_ones
    finally:
        for one in open_ones:
            one.shutdown()


def let_in(gate, now, **most):
    """Tell whether one was let in, or the code it was refused with."""
    try:
        gate.let_in(now, **{"most_at_once": None, "most_per_second": None, **most})
    except schema.Refused as refused:
        return refused.code
    return True


# so many at once


def test_one_beyond_those_being_answered_is_refused_in_the_vendors_form(gateway):
    gateway.most_at_once = 2
    with being_answered(gateway, 2):
        (frame,), end = ask(gateway, "one too many")
    assert (frame["header"]["code"], frame["header"]["status"], end) == (11203, 2, 1000)
    assert re.fullmatch(r"AppIdConcurrencyOverFlowError:\(\d\d:\d\d:\d\d\.\d{3}\) .+", frame["header"]["message"])
    assert "payload" not in frame
    assert frame["header"]["sid"]
    assert (gateway.refused, gateway.most_seen_at_once) == (1, 2)


def test_a_place_is_free_again_when_a_client_goes_away(gateway):
    gateway.most_at_once = 1
    with being_answered(gateway, 1):
        assert ask(gateway, "too early")[0][0]["header"]["code"] == 11203
    assert gateway.wait_until(lambda: gateway.open_connections == 0)
    assert text_of(events_of(gateway, "sandbox: say in time")) == "in time"


@pytest.mark.parametrize("ending", ["say well", "error 10012 after 1", "close", "drop after 1", "raw {}", "close 1011"])
def test_a_place_is_free_again_when_an_answer_has_ended_however_it_did(gateway, ending):
    gateway.most_at_once = 1
    for number in range(3):
        exchange(gateway, request(f"sandbox: {ending}\nsandbox: first 9\n{number}"))
    assert gateway.refused == 0


def test_an_answer_ends_with_its_last_frame_not_with_its_connection(gateway):
    gateway.most_at_once = 1
    slow_to_close = connect(signed(gateway))
    slow_to_close.send(json.dumps(request("sandbox: oneframe")))
    slow_to_close.recv()
    assert ask(gateway, "the next one")[1] == 1000
    assert gateway.refused == 0
    received(slow_to_close)


def test_what_is_refused_for_another_reason_takes_no_place(gateway):
    gateway.most_at_once, gateway.most_per_second = 1, 1
    for _ in range(3):
        assert ask(gateway, "hi", temperature=9)[0][0]["header"]["code"] == 10004
    assert ask(gateway, "hi")[0][-1]["header"]["status"] == 2
    assert gateway.refused == 0


def test_our_client_takes_both_codes_for_a_rate_limit(gateway):
    gateway.most_at_once = 0
    for code in (11203, 11202):
        with pytest.raises(RateLimited) as caught:
            list(client_of(gateway, limits=_once()).stream(question("hi")))
        assert (caught.value.code, caught.value.retryable) == (code, True)
        gateway.most_per_second = 0
    assert gateway.refused == 2


def _once():
    from spark_magic.target import Limits

    return Limits(retries=0)


# so many a second


def test_one_beyond_so_many_a_second_is_refused_in_the_vendors_form(gateway):
    gateway.most_per_second = 0.01  # one in 100 seconds: this machine may be slow
    frames = [ask(gateway, str(number))[0] for number in range(2)]
    assert [frame[-1]["header"]["code"] for frame in frames] == [0, 11202]
    assert re.fullmatch(r"AppIdQpsOverFlowError:\(.+\) appid qps over flow", frames[1][0]["header"]["message"])
    assert gateway.refused == 1


def test_the_second_slides_and_the_refused_do_not_count():
    gate = limits.Limits()
    times = [0.0, 0.375, 0.5, 0.625, 0.99, 1.0, 1.125, 1.25, 1.375, 2.0]
    seen = [let_in(gate, now, most_per_second=2) for now in times]
    assert seen == [True, True, 11202, 11202, 11202, True, 11202, 11202, True, True]
    assert gate.refused == 5


def test_half_a_request_a_second_is_one_in_two():
    gate = limits.Limits()
    seen = [let_in(gate, now, most_per_second=0.5) for now in (0.0, 1.0, 1.9, 2.0, 3.9, 4.0)]
    assert seen == [True, 11202, 11202, True, 11202, True]


def test_one_and_a_half_a_second_are_three_in_two_seconds_and_never_two_at_once():
    gate = limits.Limits()
    seen = [let_in(gate, now, most_per_second=1.5) for now in (0.0, 0.5, 0.75, 1.25, 1.5, 2.25)]
    assert seen == [True, 11202, True, 11202, True, True]


def test_those_refused_for_being_too_many_do_not_count_as_too_fast():
    gate = limits.Limits()
    with gate.answering():
        assert let_in(gate, 0.0, most_at_once=1, most_per_second=1) == 11203
    assert let_in(gate, 0.1, most_at_once=1, most_per_second=1) is True


@given(
    rate=st.floats(0.1, 50),
    gaps=st.lists(st.floats(0, 1, allow_subnormal=False), max_size=60),
)
def test_no_window_holds_more_than_its_share_and_no_place_in_it_is_wasted(rate, gaps):
    gate, now, let = limits.Limits(), 0.0, []
    count = max(1, int(rate))
    window = count / rate
    for gap in gaps:
        now += gap
        inside = [time for time in let if time > now - window]
        answer = let_in(gate, now, most_per_second=rate)
        assert answer == (True if len(inside) < count else 11202)
        if answer is True:
            let.append(now)


# settings and numbers


def test_without_limits_nobody_is_refused_or_remembered(gateway):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: ask(gateway, str(number)), range(24)))
    assert gateway.refused == 0
    gate = limits.Limits()
    assert all(let_in(gate, number / 10) is True for number in range(1000))
    assert len(gate._begun) <= 11


def test_the_limits_may_change_while_it_runs(gateway):
    with being_answered(gateway, 2):
        gateway.most_at_once = 1
        assert ask(gateway, "hi")[0][0]["header"]["code"] == 11203
        gateway.most_at_once = 3
        assert ask(gateway, "hi")[0][-1]["header"]["code"] == 0
        gateway.most_at_once, gateway.most_per_second = None, 0.01
        assert ask(gateway, "hi")[0][0]["header"]["code"] == 11202  # the three of just now count
    assert gateway.most_seen_at_once == 3


def test_limits_and_numbers_outlive_a_restart_but_nobody_is_still_being_answered():
    box = Sandbox(most_at_once=1)
    with box:
        one = connect(signed(box))
        one.send(json.dumps(request(f"{STALLS} after 1")))
        one.recv()
        assert ask(box, "hi")[0][0]["header"]["code"] == 11203
    one.shutdown()
    with box:
        assert ask(box, "hi")[0][-1]["header"]["code"] == 0
    assert (box.refused, box.most_seen_at_once) == (1, 1)


def test_a_crowd_is_never_answered_beyond_the_limit(gateway):
    gateway.most_at_once, gateway.delay = 3, 0.01
    ready = threading.Barrier(12)

    def crowd(number):
        ready.wait()
        return ask(gateway, f"sandbox: count 5\n{number}")[0][-1]["header"]["code"]

    with ThreadPoolExecutor(12) as pool:
        codes = list(pool.map(crowd, range(12)))
    assert gateway.most_seen_at_once == 3
    assert codes.count(0) >= 3
    assert codes.count(11203) == gateway.refused == 12 - codes.count(0)


def test_only_a_question_that_says_first_is_looked_for_among_the_others(gateway, monkeypatch):
    looked = []
    counted = type(gateway._ledger).times_asked
    monkeypatch.setattr(
        type(gateway._ledger), "times_asked", lambda self, text: looked.append(text) or counted(self, text)
    )
    ask(gateway, "sandbox: error 10012")
    ask(gateway, "a plain question")
    assert looked == []
    text = "sandbox: error 10012\nsandbox: first 1"
    assert [ask(gateway, text)[0][-1]["header"]["code"] for _ in range(2)] == [10012, 0]
    assert looked == [text, text]


# on its own


def test_it_takes_the_limits_on_the_command_line():
    options = vars(_parser().parse_args(["--most-at-once", "2", "--most-per-second", "0.5"]))
    assert (options["most_at_once"], options["most_per_second"]) == (2, 0.5)
    options = vars(_parser().parse_args([]))
    assert (options["most_at_once"], options["most_per_second"]) == (None, None)
    Sandbox(**options)


@pytest.mark.parametrize(
    "option",
    ["--most-at-once=0", "--most-at-once=x", "--most-per-second=0", "--most-per-second=nan", "--most-per-second=inf"],
)
def test_a_limit_that_lets_nobody_in_or_is_none_is_said_on_the_command_line(option, capsys):
    with pytest.raises(SystemExit):
        _parser().parse_args([option])
    assert option.partition("=")[0] in capsys.readouterr().err


def test_the_help_explains_the_limits():
    command = [sys.executable, "-m", "spark_magic.sandbox", "--help"]
    shown = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    assert "--most-at-once N" in shown
    assert "--most-per-second R" in shown
