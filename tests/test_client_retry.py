"""What is asked again, when, and how often; and that nothing is asked again once an answer has begun."""

import contextlib
import itertools
import json
import socket
import subprocess
import sys
import threading
import time
from contextlib import closing

import pytest
from asking import at, client_of, events_of, frame, question, served_frames, text_of
from tenacity import RetryCallState

from spark_magic.client import Client, call, retry
from spark_magic.clock import Clock
from spark_magic.credentials import Credentials
from spark_magic.errors import (
    ClockSkew,
    ConnectionFailed,
    ConnectionLost,
    DeadlineExceeded,
    HandshakeRefused,
    Moderated,
    QuotaExceeded,
    RateLimited,
    ServiceBusy,
    SparkError,
)
from spark_magic.events import Delta, Finished, Notice, Reasoning, References, Retrying, Waiting
from spark_magic.sandbox import API_KEY, Sandbox, handshake
from spark_magic.target import Limits

FAILS_ONCE = "sandbox: {}\nsandbox: first 1\nsandbox: say hello"
FAILS_TWICE = "sandbox: {}\nsandbox: first 2\nsandbox: say hello"


def seen_until_failure(client, text):
    """Return the events before the failure, and the failure."""
    seen = []
    with pytest.raises(SparkError) as caught:
        seen.extend(client.stream(question(text)))
    return seen, caught.value


# what is asked again


@pytest.mark.parametrize("code", [10008, 10110, 10222, 10006, 10007, 11202, 11203])
def test_a_code_that_passes_by_itself_is_asked_again(gateway, code):
    events = events_of(gateway, FAILS_ONCE.format(f"error {code}"))
    assert text_of(events) == "hello"
    assert isinstance(events[-1], Finished)
    assert len(gateway.requests) == 2


def test_it_is_asked_again_twice_and_no_more(gateway):
    assert text_of(events_of(gateway, FAILS_TWICE.format("error 10008"))) == "hello"
    assert len(gateway.requests) == 3
    _, problem = seen_until_failure(client_of(gateway), "sandbox: error 10008")
    assert isinstance(problem, ServiceBusy)
    assert problem.attempts == 3
    assert "3 attempts" in str(problem)
    assert len(gateway.requests) == 6


@pytest.mark.parametrize(("retries", "requests"), [(0, 1), (1, 2), (4, 5)])
def test_how_often_is_a_setting(gateway, retries, requests):
    _, problem = seen_until_failure(client_of(gateway, limits=Limits(retries=retries)), "sandbox: error 10008")
    assert len(gateway.requests) == requests == problem.attempts


@pytest.mark.parametrize(
    ("directive", "kind"),
    [
        ("error 10013", Moderated),
        ("error 11200", QuotaExceeded),
        ("error 11210", RateLimited),
        ("error 99999", SparkError),
        ("drop", ConnectionLost),
        ("close 1011", ConnectionLost),
        ("raw {}", SparkError),
    ],
)
def test_what_would_fail_again_or_was_billed_maybe_is_not(gateway, directive, kind):
    """A connection that is lost after the question was sent may have cost something already."""
    seen, problem = seen_until_failure(client_of(gateway), f"sandbox: {directive}")
    assert isinstance(problem, kind)
    assert problem.attempts == 1
    assert "attempts" not in str(problem)
    assert not [event for event in seen if isinstance(event, Retrying)]
    assert len(gateway.requests) == 1


@pytest.mark.parametrize("start", ["sandbox: error 10008 after 1", "sandbox: think 1\nsandbox: error 10008 after 0"])
def test_once_an_answer_has_begun_nothing_is_asked_again(gateway, start):
    seen, problem = seen_until_failure(client_of(gateway), start)
    assert [event for event in seen if isinstance(event, Delta | Reasoning)]
    assert isinstance(problem, ServiceBusy)
    assert len(gateway.requests) == 1


def test_search_results_are_no_words_yet(gateway):
    text = "sandbox: references\nsandbox: error 10008 after 0\nsandbox: first 1\nsandbox: say hello"
    assert text_of(events_of(gateway, text)) == "hello"
    assert len(gateway.requests) == 2


@pytest.mark.parametrize("part", ['{"content":"a"}', '{"reasoning_content":"a"}'])
def test_one_frame_with_a_great_many_words_does_not_outlast_the_total_timeout(gateway, part):
    words = ",".join([part] * 100_000)
    many = f'{{"header":{{"code":0,"status":1}},"payload":{{"choices":{{"status":1,"text":[{words}]}}}}}}'
    with served_frames(many) as url:
        client = Client(at(gateway, url=url), gateway.credentials)
        stream = client.stream(question("hi"))
        next(event for event in stream if isinstance(event, Delta | Reasoning))
        next(iter(client._calls.values()))._connection._deadline._total_at = time.monotonic()  # half an hour later
        with pytest.raises(DeadlineExceeded, match="1800 s"):
            next(stream)


def test_a_stop_is_noticed_between_two_words_of_one_frame(gateway):
    with served_frames(frame(1, "a").replace('"text": [{', '"text": [{"content":"b"},{')) as url:
        client = Client(at(gateway, url=url), gateway.credentials)
        stream = client.stream(question("hi"))
        next(event for event in stream if isinstance(event, Delta))
        client.close()
        with pytest.raises(ConnectionLost):
            next(stream)


def test_a_frame_of_many_references_is_one_event(gateway):
    item = '{"name":"ifly_search","content":"[{\\"index\\":1,\\"url\\":\\"u\\",\\"title\\":\\"t\\"}]"}'
    many = f'{{"header":{{"code":0,"status":1}},"payload":{{"plugins":{{"text":[{",".join([item] * 20_000)}]}}}}}}'
    with served_frames(many, frame(2, "end")) as url:
        events = list(Client(at(gateway, url=url), gateway.credentials).stream(question("hi")))
    assert [len(event.items) for event in events if isinstance(event, References)] == [20_000]


def test_every_attempt_is_signed_anew(gateway, monkeypatch):
    signed, moments = [], itertools.count(time.time())
    sign = call.sign_url

    def noted(url, keys, _):
        signed.append(sign(url, keys, next(moments)))
        return signed[-1]

    monkeypatch.setattr(call, "sign_url", noted)
    events_of(gateway, FAILS_TWICE.format("error 10008"))
    assert len({url.reveal() for url in signed}) == 3
    uids = [request["header"]["uid"] for request in gateway.requests]
    assert len(uids) == 3


def test_a_server_that_is_not_there_yet_is_called_again(gateway, monkeypatch):
    port = gateway.port
    target = at(gateway)
    gateway.stop()
    late = Sandbox(port=port)
    pauses = []
    monkeypatch.setattr(retry, "_FIRST_PAUSE", 0.05)

    def noted(event):
        if isinstance(event, Retrying) and not pauses:
            pauses.append(event.reason)
            late.start()
        return event

    with closing(Client(target, gateway.credentials).stream(question("sandbox: say hello"))) as stream:
        assert text_of(map(noted, stream)) == "hello"
    late.stop()
    assert "127.0.0.1" in pauses[0]


@contextlib.contextmanager
def refusing(*replies):
    """A server that answers each connection with the next of these bytes, and closes it; gives port and count."""
    listener = socket.create_server(("127.0.0.1", 0))
    served = []

    def serve():
        for reply in replies:
            client = listener.accept()[0]
            with client:
                served.append(client.recv(65536))
                client.sendall(reply)

    def until_closed():
        with contextlib.suppress(OSError):
            serve()

    thread = threading.Thread(target=until_closed)
    thread.start()
    try:
        yield listener.getsockname()[1], served
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def refusal(status, body=b"busy"):
    return b"HTTP/1.1 %d No\r\nContent-Length: %d\r\n\r\n%b" % (status, len(body), body)


@pytest.mark.parametrize(("status", "calls"), [(500, 3), (503, 3), (429, 3), (404, 1), (401, 1), (302, 1)])
def test_a_refused_handshake_is_tried_again_where_that_may_help(gateway, status, calls):
    with refusing(*[refusal(status)] * 3) as (port, served):
        there = at(gateway, url=f"ws://127.0.0.1:{port}/v4.0/chat")
        with pytest.raises(HandshakeRefused):
            list(Client(there, gateway.credentials).stream(question("hi")))
        assert len(served) == calls


def test_a_connection_that_ends_in_the_handshake_is_tried_again(gateway):
    with refusing(b"", b"", b"") as (port, served):
        there = at(gateway, url=f"ws://127.0.0.1:{port}/v4.0/chat")
        with pytest.raises(ConnectionFailed):
            list(Client(there, gateway.credentials).stream(question("hi")))
        assert len(served) == 3


# the pauses


def test_the_pauses_grow_and_a_rate_limit_waits_at_least_a_second(monkeypatch):
    """Half a second, doubled each time, and a little more by chance."""
    monkeypatch.undo()
    for _ in range(20):
        assert 0.5 <= pause_after(ServiceBusy("service.10008"), 1) <= 1.0
        assert 1.0 <= pause_after(ServiceBusy("service.10008"), 2) <= 1.5
        assert 1.0 <= pause_after(RateLimited("service.11202"), 1) <= 1.5
        assert 1.0 <= pause_after(HandshakeRefused("handshake.other", status=429, host="h"), 1) <= 1.5
        assert pause_after(ServiceBusy("service.10008"), 30) <= 20.5


def pause_after(problem, number):
    """Return the seconds waited after the `number`-th attempt failed."""

    class Idle:
        retries, seconds_left, may_repeat = 2, 1000.0, None

    attempts = retry._attempts(Idle(), [])
    state = RetryCallState(attempts, None, (), {})
    state.attempt_number = number
    state.set_exception((type(problem), problem, None))
    return attempts.wait(state)


def test_a_pause_is_told_with_its_reason_and_counts_down(gateway, monkeypatch):
    monkeypatch.setattr(retry, "_FIRST_PAUSE", 0.35)
    told = [e for e in events_of(gateway, FAILS_TWICE.format("error 10008")) if isinstance(e, Retrying)]
    first = [event for event in told if event.number == 1]
    assert {(event.number, event.of) for event in told} == {(1, 2), (2, 2)}
    assert len(first) >= 3
    assert [event.seconds for event in first] == sorted((event.seconds for event in first), reverse=True)
    assert all("capacity" in event.reason for event in told)


def test_each_pause_tells_the_newest_reason(gateway):
    with refusing(refusal(503), refusal(500), refusal(404)) as (port, _):
        client = Client(at(gateway, url=f"ws://127.0.0.1:{port}/v4.0/chat"), gateway.credentials)
        seen, problem = seen_until_failure(client, "hi")
    reasons = {event.number: event.reason for event in seen if isinstance(event, Retrying)}
    assert ["503" in reasons[1], "500" in reasons[2], "404" in str(problem)] == [True] * 3


def test_no_pause_goes_beyond_the_total_timeout(gateway, monkeypatch):
    """What is known is said at once: waiting could only end in a worse error."""
    monkeypatch.setattr(retry, "_FIRST_PAUSE", 30)
    began = time.monotonic()
    _, problem = seen_until_failure(client_of(gateway, limits=Limits(total_timeout=10)), "sandbox: error 10008")
    assert isinstance(problem, ServiceBusy)
    assert time.monotonic() - began < 5
    assert len(gateway.requests) == 1


def test_the_total_timeout_counts_over_all_attempts(gateway, monkeypatch):
    monkeypatch.setattr(retry, "_FIRST_PAUSE", 0.1)
    limits = Limits(total_timeout=1.5, retries=50)
    began = time.monotonic()
    with pytest.raises((ServiceBusy, DeadlineExceeded)):
        list(client_of(gateway, limits=limits).stream(question("sandbox: delay 0.4\nsandbox: error 10008")))
    assert time.monotonic() - began < 3


def test_bytes_count_over_all_attempts(gateway):
    """Three refusals of some 250 bytes each, handshakes included, are more than 600."""
    _, problem = seen_until_failure(client_of(gateway, limits=Limits(max_bytes=600)), "sandbox: error 10008")
    assert problem.key == "answer.too_large"
    assert 1 < len(gateway.requests) < 3


def test_closing_the_client_ends_a_pause(gateway, monkeypatch):
    monkeypatch.setattr(retry, "_FIRST_PAUSE", 20)
    client = client_of(gateway)
    began = time.monotonic()
    stream = client.stream(question("sandbox: error 10008"))
    next(event for event in stream if isinstance(event, Retrying))
    client.close()
    with pytest.raises(ConnectionLost):
        list(stream)
    assert time.monotonic() - began < 5


def test_an_interrupt_in_a_pause_is_the_users_own(gateway, monkeypatch):
    monkeypatch.setattr(retry, "_FIRST_PAUSE", 20)
    stream = client_of(gateway).stream(question("sandbox: error 10008"))
    assert isinstance(next(event for event in stream if not isinstance(event, Waiting)), Retrying)
    with pytest.raises(KeyboardInterrupt):
        stream.throw(KeyboardInterrupt)
    assert gateway.wait_until(lambda: gateway.open_connections == 0)


def test_leaving_in_a_pause_leaves_nothing(gateway, monkeypatch):
    monkeypatch.setattr(retry, "_FIRST_PAUSE", 20)
    with closing(client_of(gateway).stream(question("sandbox: error 10008"))) as stream:
        next(event for event in stream if isinstance(event, Retrying))
    assert gateway.wait_until(lambda: gateway.open_connections == 0)
    assert len(gateway.requests) == 1


def test_a_client_closed_before_its_stream_began_asks_nothing(gateway):
    client = client_of(gateway)
    stream = client.stream(question("hi"))
    client.close()
    with pytest.raises(ConnectionLost):
        list(stream)
    assert gateway.handshakes == 0
    assert text_of(client.stream(question("sandbox: say again"))) == "again"


def test_tenacity_is_not_loaded_before_it_is_needed():
    code = "import sys, spark_magic.client, spark_magic.conversation; print('tenacity' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


# a wrong clock


@pytest.mark.parametrize("offset", [301, -301, 3600, -3600, 86400 * 400])
def test_a_wrong_clock_is_corrected_once_and_told(gateway, offset):
    gateway.clock_offset = offset
    clock = Clock()
    client = Client(at(gateway), gateway.credentials, clock=clock)
    first, second = (list(client.stream(question("sandbox: say hi"))) for _ in range(2))
    assert (text_of(first), text_of(second)) == ("hi", "hi")
    assert gateway.handshakes == 3
    (notice,) = [event for event in first if isinstance(event, Notice)]
    assert notice.key == f"note.clock.{'behind' if offset > 0 else 'ahead'}"
    assert notice.values["minutes"] == pytest.approx(abs(offset) / 60, abs=0.2)
    assert not [event for event in second if isinstance(event, Notice)]


@pytest.mark.parametrize("offset", [0, 299 - 5, -299 + 5])
def test_a_clock_within_the_five_minutes_is_no_matter(gateway, offset):
    gateway.clock_offset = offset
    assert not [event for event in events_of(gateway, "sandbox: say hi") if isinstance(event, Notice)]
    assert gateway.handshakes == 1


def test_a_clock_that_is_set_right_later_is_found_out(gateway):
    gateway.clock_offset = 3600
    clock = Clock()
    client = Client(at(gateway), gateway.credentials, clock=clock)
    list(client.stream(question("hi")))
    gateway.clock_offset = 0
    events = list(client.stream(question("sandbox: say hi")))
    assert text_of(events) == "hi"
    assert not [event for event in events if isinstance(event, Notice)]
    assert clock.offset("127.0.0.1") == pytest.approx(0, abs=2)


def test_a_server_that_refuses_the_corrected_time_too_is_believed(gateway, monkeypatch):
    monkeypatch.setattr(handshake, "_is_current", lambda *_: False)
    gateway.clock_offset = 3600
    with pytest.raises(ClockSkew):
        events_of(gateway, "hi")
    assert gateway.handshakes == 2


def test_a_refusal_without_the_servers_time_is_not_repeated(gateway):
    body = b'{"message":"HMAC signature cannot be verified, a valid date or x-date header is required"}'
    with refusing(refusal(403, body), refusal(403, body)) as (port, served):
        there = at(gateway, url=f"ws://127.0.0.1:{port}/v4.0/chat")
        with pytest.raises(ClockSkew, match="date"):
            list(Client(there, gateway.credentials).stream(question("hi")))
        assert len(served) == 1


@pytest.mark.parametrize("date", ["Fri, 31 Dec 9999 23:59:59 GMT", "Thu, 01 Jan 1970 00:00:00 GMT", "Mon, 99 Xxx 99"])
def test_a_servers_time_that_nobody_can_believe_is_not_used(gateway, date):
    """A signature of the year 10000 cannot even be written."""
    body = b"a valid date or x-date header is required"
    reply = b"HTTP/1.1 403 No\r\nDate: %b\r\nContent-Length: %d\r\n\r\n%b" % (date.encode(), len(body), body)
    clock = Clock()
    with refusing(reply, reply) as (port, served):
        there = at(gateway, url=f"ws://127.0.0.1:{port}/v4.0/chat")
        with pytest.raises(ClockSkew):
            list(Client(there, gateway.credentials, clock=clock).stream(question("hi")))
        assert len(served) == 1
    assert clock.offset("127.0.0.1") == 0


def test_many_that_learn_of_a_wrong_clock_at_once_are_all_answered(gateway):
    gateway.clock_offset = 3600
    client = Client(at(gateway), gateway.credentials)
    answers = []
    barrier = threading.Barrier(6)

    def ask():
        barrier.wait()
        answers.append(text_of(client.stream(question("sandbox: say hi"))))

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == ["hi"] * 6
    assert client._clock.offset("127.0.0.1") == pytest.approx(3600, abs=5)


def test_the_clock_is_repeated_once_for_a_question_and_counted(gateway):
    body = b"a valid date or x-date header is required"
    date = b"Date: Fri, 05 May 2034 10:43:39 GMT"
    dated = b"HTTP/1.1 403 No\r\n%b\r\nContent-Length: %d\r\n\r\n%b" % (date, len(body), body)
    with refusing(dated, refusal(503), dated) as (port, served):
        there = at(gateway, url=f"ws://127.0.0.1:{port}/v4.0/chat", limits=Limits(retries=1))
        seen, problem = seen_until_failure(Client(there, gateway.credentials), "hi")
        assert isinstance(problem, ClockSkew)
        assert problem.attempts == len(served) == 3
    assert {(event.number, event.of) for event in seen if isinstance(event, Retrying)} == {(1, 1)}


def test_a_wrong_clock_hides_no_wrong_key(gateway):
    """The gateway looks at the date first, at the key when that is right."""
    gateway.clock_offset = 3600
    keys = Credentials.of("sandbox0", API_KEY, "x" * 32)
    seen, problem = [], None
    try:
        seen.extend(Client(at(gateway), keys).stream(question("hi")))
    except SparkError as caught:
        problem = caught
    assert problem.key == "handshake.secret"
    assert [event.key for event in seen] == ["note.clock.behind"]


# moderation


def test_a_warning_after_the_whole_answer_keeps_it(gateway):
    *others, notice, end = events_of(gateway, "sandbox: error 10019 after 999\nsandbox: say the whole answer")
    assert text_of(others) == "the whole answer"
    assert notice.key == "note.flagged"
    assert "sandbox" in notice.values["detail"]
    assert end.moderated
    assert end.sid


def test_a_warning_without_an_answer_is_an_error(gateway):
    seen, problem = seen_until_failure(client_of(gateway), "sandbox: error 10019")
    assert (problem.code, text_of(seen)) == (10019, "")


@pytest.mark.parametrize(("code", "kept"), [(10019, True), (10014, False)])
def test_moderation_may_speak_after_the_last_frame(code, kept, gateway):
    last = frame(2, "whole", usage={"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3})
    verdict = json.dumps({"header": {"code": code, "message": "no", "sid": "s", "status": 2}})
    with served_frames(last, verdict) as url:
        client = Client(at(gateway, url=url), gateway.credentials)
        if kept:
            *_, notice, end = client.stream(question("hi"))
            assert (notice.key, end.moderated, end.usage.total_tokens) == ("note.flagged", True, 3)
        else:
            seen, problem = seen_until_failure(client, "hi")
            assert (text_of(seen), problem.code) == ("whole", 10014)


@pytest.mark.parametrize("junk", ["", "junk", "{}", '{"header":{"code":10008,"sid":"s"}}'])
def test_whatever_else_comes_after_the_last_frame_counts_for_nothing(junk, gateway):
    with served_frames(frame(2, "whole"), *[junk] * 50) as url:
        *others, end = Client(at(gateway, url=url), gateway.credentials).stream(question("hi"))
    assert text_of(others) == "whole"
    assert end == Finished("sid", None)


def test_an_endless_server_ends_with_the_last_frame(gateway):
    with served_frames(frame(2, "whole"), *[frame(1, "more")] * 20_000) as url:
        events = list(Client(at(gateway, url=url), gateway.credentials).stream(question("hi")))
    assert text_of(events) == "whole"
