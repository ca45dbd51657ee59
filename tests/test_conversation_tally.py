"""What of a question has gone over the wire: the bill of an exchange that has no end rests on it."""

import pytest

from spark_magic.conversation.tally import Tally
from spark_magic.conversation.tokens import estimate
from spark_magic.errors import (
    ConnectionFailed,
    ConnectionLost,
    DeadlineExceeded,
    Moderated,
    ProtocolError,
    QuotaExceeded,
    SparkError,
)
from spark_magic.events import Delta, Finished, Notice, Reasoning, References, Retrying, Usage, Waiting

AGAIN = Retrying(1, 2, 0.5, "lost")
LOST = ConnectionLost("connection.lost")
QUOTA = QuotaExceeded("service.quota", code=11200)
MODERATED = Moderated("service.moderated", code=10013)
BROKEN = ProtocolError("protocol.frame")
UNREACHED = ConnectionFailed("connect.dns")
DONE = Finished("sid", Usage(3, 4, 7))
LATE = DeadlineExceeded("deadline.first", phase="first")


def tally_of(*events):
    """Return what has heard these events; an exception among them is raised in its place."""
    tally = Tally()

    def stream():
        for event in events:
            if isinstance(event, Exception):
                raise event
            yield event

    heard = []
    try:
        heard.extend(tally.heard(stream()))
    except SparkError as problem:
        heard.append(problem)
    assert heard == [*events]
    return tally


def test_before_anything_comes_nothing_is_known_to_be_sent():
    tally = Tally()
    assert (tally.unsettled, tally.refused, tally.failed, tally.stopped, tally.reached) == (False,) * 5
    assert tally.billed is None
    assert tally.estimated == 0


@pytest.mark.parametrize(
    "events",
    [
        [Waiting(0.1)],
        [Delta("hi")],
        [Reasoning("hm")],
        [References(())],
        [Delta("hi"), Finished("sid", None)],
        [DONE, Waiting(0.1)],
        [Delta("hi"), QUOTA],
        [MODERATED],
        [BROKEN],
        [Waiting(0.1), LATE],
        [AGAIN, Waiting(0.1)],
        [Notice("note.clock.ahead"), Waiting(0.1)],
    ],
)
def test_the_server_has_it_when_it_answers_or_is_silent_behind_it(events):
    tally = tally_of(*events)
    assert tally.unsettled
    assert tally.reached


@pytest.mark.parametrize(
    "events", [[UNREACHED], [LATE], [Notice("note.clock.ahead"), UNREACHED], [AGAIN, AGAIN, UNREACHED]]
)
def test_it_has_not_where_nobody_was_reached(events):
    assert not tally_of(*events).reached


def test_a_question_that_is_asked_again_has_not_been_sent_yet():
    assert not tally_of(Waiting(0.1), AGAIN).reached
    assert not tally_of(Waiting(0.1), AGAIN, UNREACHED).reached


@pytest.mark.parametrize(
    ("events", "refused"),
    [
        ([QUOTA], True),
        ([Waiting(0.1), QUOTA], True),
        ([Delta("hi"), QUOTA], False),
        ([Reasoning("hm"), QUOTA], False),
        ([MODERATED], False),
        ([Waiting(0.1), LOST], False),
        ([BROKEN], False),
    ],
)
def test_refused_is_an_error_code_before_the_first_words_but_for_moderation(events, refused):
    tally = tally_of(*events)
    assert tally.failed
    assert tally.refused is refused
    assert not (tally.refused and tally.unsettled)


def test_what_the_server_counts_is_settled():
    tally = tally_of(Waiting(0.1), Delta("hi"), DONE)
    assert (tally.billed, tally.unsettled, tally.estimated) == (Usage(3, 4, 7), False, 0)
    assert tally.reached


def test_two_requests_add_up_and_the_words_of_the_second_alone_are_uncounted():
    tally = tally_of(Delta("first"), DONE, Waiting(0.1), Delta("second"))
    assert (tally.billed, tally.unsettled, tally.estimated) == (Usage(3, 4, 7), True, estimate("second"))
    assert tally_of(Delta("first"), DONE, Delta("second"), DONE).billed == Usage(6, 8, 14)


def test_a_second_request_that_reaches_nobody_leaves_the_first_ones_bill():
    tally = tally_of(DONE, UNREACHED)
    assert (tally.billed, tally.unsettled, tally.refused) == (Usage(3, 4, 7), False, False)


def test_a_good_end_is_no_failure():
    assert not tally_of(Delta("hi"), Finished("sid", None)).failed


def test_the_words_of_answer_and_reasoning_are_estimated_together():
    tally = tally_of(Reasoning("I think so"), Delta("one "), Delta("two three"))
    assert tally.estimated == estimate("I think soone two three")
