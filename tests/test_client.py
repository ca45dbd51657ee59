"""What `spark_magic.client` promises: one question, one connection; an error comes before anything is sent."""

import threading
import time
from contextlib import closing
from dataclasses import replace

import pytest
from asking import at, client_of, events_of, question, text_of
from cells import chat_of, messages_of, use_keys

import spark_magic
from spark_magic.client import Client, call
from spark_magic.config import Settings
from spark_magic.credentials import Credentials
from spark_magic.errors import (
    ConnectionLost,
    CredentialsMissing,
)
from spark_magic.events import Delta, Finished, Message, Reasoning, References, Waiting
from spark_magic.sandbox import API_KEY, API_SECRET, APP_ID
from spark_magic.target import Parameters

# what a stream is


def test_a_stream_yields_typed_events_and_finished_last(gateway):
    *others, last = events_of(gateway, "sandbox: references\nsandbox: think 2\nsandbox: say hello there")
    assert isinstance(others[0], References)
    assert [type(event) for event in others[1:3]] == [Reasoning, Reasoning]
    assert {type(event) for event in others[3:]} == {Delta}
    assert text_of(others) == "hello there"
    assert isinstance(last, Finished)
    assert last.sid
    assert last.usage.total_tokens == last.usage.prompt_tokens + last.usage.completion_tokens


@pytest.mark.parametrize("directive", ["binary", "oneframe", "ping 3", "linger"])
def test_however_the_frames_come(gateway, directive):
    events = events_of(gateway, f"sandbox: {directive}\nsandbox: say hello")
    assert text_of(events) == "hello"
    assert isinstance(events[-1], Finished)


def test_waiting_is_told_every_moment_with_the_seconds_since_the_question(gateway):
    events = list(client_of(gateway).stream(question("sandbox: delay 0.35\nsandbox: say hi")))
    seconds = [event.seconds for event in events if isinstance(event, Waiting)]
    assert len(seconds) >= 2
    assert seconds == sorted(seconds)
    assert isinstance(events[0], Waiting)


def test_nothing_happens_before_the_first_event_is_asked_for(gateway):
    client_of(gateway).stream(question("hi"))
    assert gateway.handshakes == 0


def test_the_whole_request_goes_out(gateway):
    messages = [Message("system", "s"), Message("user", "a"), Message("assistant", "b"), Message("user", "c")]
    parameters = Parameters(temperature=0.3, top_k=2, max_tokens=5)
    list(client_of(gateway, parameters=parameters).stream(messages))
    (request,) = gateway.requests
    assert messages_of(request) == [("system", "s"), ("user", "a"), ("assistant", "b"), ("user", "c")]
    assert chat_of(request) == {"domain": "4.0Ultra", "temperature": 0.3, "top_k": 2, "max_tokens": 5}
    assert request["header"]["app_id"] == APP_ID


def test_a_fine_tuned_model_sends_its_patch_id(gateway):
    target = at(gateway)
    patched = Client(replace(target, model=replace(target.model, patch_id="resource")), gateway.credentials)
    list(patched.stream(question("hi")))
    assert gateway.requests[0]["header"]["patch_id"] == ["resource"]


# settings, targets, credentials


def test_settings_and_targets_both_will_do(gateway, monkeypatch):
    use_keys(monkeypatch, SPARK_URL=gateway.url("x1"))
    settings = Settings(temperature=1.5)
    list(Client(settings).stream(question("hi")))
    settings.temperature = 0.5
    client = Client(settings)
    settings.top_k = 2
    list(client.stream(question("hi")))
    list(client_of(gateway, "lite").stream(question("hi")))
    assert [chat_of(request) for request in gateway.requests] == [
        {"domain": "spark-x", "temperature": 1.5},
        {"domain": "spark-x", "temperature": 0.5, "top_k": 2},
        {"domain": "lite"},
    ]


def test_explicit_credentials_win_over_the_environment(gateway, monkeypatch):
    monkeypatch.setenv("SPARK_API_KEY", "another-api-key-0123456789")
    explicit = Credentials.of(APP_ID, f" {API_KEY}\n", API_SECRET)
    assert list(Client(at(gateway), explicit).stream(question("hi")))


def test_the_public_names_are_all_that_is_needed(gateway):
    with spark_magic.Client(at(gateway), gateway.credentials) as client:
        events = list(client.stream([spark_magic.Message("user", "sandbox: say hi")]))
    assert text_of(events) == "hi"


def test_credentials_are_looked_up_for_each_question(gateway, monkeypatch):
    """One may log in after a client was made."""
    client = Client(at(gateway))
    with pytest.raises(CredentialsMissing):
        list(client.stream(question("hi")))
    use_keys(monkeypatch)
    assert list(client.stream(question("hi")))


# one connection each


def test_each_attempt_has_a_connection_a_signature_and_a_uid_of_its_own(gateway, monkeypatch):
    signed = []
    sign = call.sign_url
    moments = iter([time.time() - 5, time.time()])

    def noted(url, credentials, _now):
        signed.append(sign(url, credentials, next(moments)).reveal())
        return sign(url, credentials, _now)

    monkeypatch.setattr(call, "sign_url", noted)
    client = client_of(gateway)
    for _ in range(2):
        list(client.stream(question("hi")))
    assert gateway.handshakes == len(gateway.requests) == 2
    assert len(set(signed)) == 2
    uids = [request["header"]["uid"] for request in gateway.requests]
    assert len(set(uids)) == 2
    assert all(0 < len(uid) <= 32 for uid in uids)


@pytest.mark.parametrize("text", ["sandbox: linger\nsandbox: say hi", "sandbox: say hi"])
def test_a_complete_answer_is_closed_from_our_side_at_once(gateway, text):
    """Some endpoints wait for the client's close frame."""
    began = time.monotonic()
    events_of(gateway, text)
    assert gateway.wait_until(lambda: gateway.open_connections == 0)
    assert time.monotonic() - began < 1


def test_leaving_a_stream_closes_its_connection(gateway):
    with closing(client_of(gateway).stream(question("sandbox: stall after 1"))) as events:
        assert isinstance(next(e for e in events if not isinstance(e, Waiting)), Delta)
        assert gateway.open_connections == 1
    assert gateway.wait_until(lambda: gateway.open_connections == 0)


def test_an_exception_from_the_outside_closes_the_connection(gateway):
    events = client_of(gateway).stream(question("sandbox: stall after 1"))
    next(events)
    with pytest.raises(KeyboardInterrupt):
        events.throw(KeyboardInterrupt)
    assert gateway.wait_until(lambda: gateway.open_connections == 0)


def test_a_client_is_a_context_manager_that_closes_what_is_open(gateway):
    with client_of(gateway) as client:
        first, second = (client.stream(question("sandbox: stall after 1")) for _ in range(2))
        next(first), next(second)
        assert gateway.open_connections == 2
    assert gateway.wait_until(lambda: gateway.open_connections == 0)
    with pytest.raises(ConnectionLost):
        list(first)
    with pytest.raises(ConnectionLost):
        list(second)


def test_closing_from_another_thread_ends_the_stream(gateway):
    client = client_of(gateway)
    events = client.stream(question("sandbox: stall after 1"))
    next(events)
    threading.Timer(0.2, client.close).start()
    began = time.monotonic()
    with pytest.raises(ConnectionLost):
        list(events)
    assert time.monotonic() - began < 2


def test_two_streams_of_one_client_do_not_mix(gateway):
    client = client_of(gateway)
    streams = [client.stream(question(f"sandbox: say {word * 30}")) for word in "ab"]
    pieces = list(zip(*streams, strict=False))
    assert {type(event) for pair in pieces for event in pair} <= {Delta, Waiting, Finished}
    assert set(text_of(pair[0] for pair in pieces)) == {"a"}
    assert set(text_of(pair[1] for pair in pieces)) == {"b"}
