"""No secret leaves the request, though the server knows them all: it repeats what it was told, in every form."""

import base64
import hashlib
import json
import re
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
from asking import question
from canaries import CANARIES, FORMS
from watching import Parrot, ways_to_show

from spark_magic.client import Client
from spark_magic.credentials import Credentials
from spark_magic.errors import SparkError
from spark_magic.events import Retrying
from spark_magic.models import find
from spark_magic.target import Limits, Target

MADE = Credentials.of(**CANARIES)
ACCEPT = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455


@pytest.fixture
def parrot():
    """Return a server that repeats what it is told; what exactly, a test says."""
    made = Parrot()
    yield made
    made.close()


def secrets_of(request):
    """Return what a server learns from one request: the keys it may know, and what is in the address."""
    target = request.split(" ")[1]
    authorization = parse_qs(urlsplit(target).query)["authorization"][0]
    signature = re.search('signature="(.*)"', base64.b64decode(authorization).decode())[1]
    return CANARIES | {"authorization": authorization, "signature": signature, "target": target, "request": request}


def refused(status, body, headers=""):
    data = body.encode("utf-8", "replace")
    head = f"HTTP/1.1 {status} No\r\n{headers}Content-Length: {len(data)}\r\n\r\n"
    return head.encode("latin-1", "replace") + data


def accepted(request, *frames):
    key = re.search("(?i)sec-websocket-key: (.*)\r", request)[1].encode()
    accept = base64.b64encode(hashlib.sha1(key + ACCEPT).digest()).decode()  # noqa: S324  # the protocol's
    head = f"HTTP/1.1 101 OK\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"
    return head.encode() + b"".join(map(text_frame, frames))


def text_frame(text):
    data = text.encode("utf-8", "replace")
    return b"\x81\x7e" + len(data).to_bytes(2, "big") + data


def error_frame(message, sid):
    return json.dumps({"header": {"code": 10110, "message": message, "sid": sid, "status": 2}})


def client_at(parrot, **limits):
    limits = {"retries": 0, "first_timeout": 2.0} | limits
    model = replace(find("ultra"), url=f"ws://127.0.0.1:{parrot.port}/v4.0/chat")
    return Client(Target(model, limits=Limits(**limits)), MADE)


def failure_of(parrot, reply, **limits):
    """Ask once, with what the server replies to it; return the failure and what could be read on the way."""
    parrot.reply = reply
    seen = []
    with pytest.raises(SparkError) as caught:
        seen.extend(client_at(parrot, **limits).stream(question("hi")))
    return caught.value, seen


def everything(parrot, reply, **limits):
    problem, seen = failure_of(parrot, reply, **limits)
    return [*ways_to_show(problem), problem.hint, problem.sentence, seen]


WHAT = ("app_id", "api_key", "api_secret", "signature", "authorization")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("status", [302, 401, 403, 503])
def test_no_refusal_repeats_a_secret(parrot, watch, form, status):
    """In its body and in its headers, between other words and alone."""
    for what in WHAT:
        for around in ("{}", "x" * 270 + ' who is "{}", then?'):

            def reply(request, what=what, around=around):
                echo = around.format(FORMS[form](secrets_of(request)[what]))
                line = re.sub(r"[^\x20-\x7e]", "", echo)
                return refused(status, echo, f"Date: {line}\r\nX-Echo: {line}\r\nLocation: wss://h/{line}\r\n")

            assert watch.leaks(everything(parrot, reply)) == set(), (what, around)


@pytest.mark.parametrize("status", [400, 401, 403, 500])
@pytest.mark.parametrize("what", ["target", "request"])
@pytest.mark.parametrize("form", ["verbatim", "base64", "percent-encoded", "over lines", "upper case"])
def test_no_refusal_repeats_the_signed_request(parrot, watch, status, what, form):
    def reply(request):
        return refused(status, FORMS[form](secrets_of(request)[what]))

    assert watch.leaks(everything(parrot, reply)) == set()


@pytest.mark.parametrize("form", FORMS)
def test_no_error_frame_repeats_a_secret(parrot, watch, form):
    """In its message or in its sid."""
    for what in WHAT:

        def reply(request, what=what):
            echo = FORMS[form](secrets_of(request)[what])
            return accepted(request, error_frame(f"AppIdNoAuthError: {echo}", echo))

        assert watch.leaks(everything(parrot, reply)) == set(), what


@pytest.mark.parametrize("form", ["verbatim", "upper case", "base64", "percent-encoded", "letter by letter"])
@pytest.mark.parametrize(
    "shape",
    [
        "{}",
        '{{"header":{{"code":"{}"}}}}',
        '{{"header":{{"code":0,"sid":"{}"}}}}',
        '{{"header":{{"code":0}},"{}":1}}',
        '{{"header":{{"code":0}},"payload":{{"choices":{{"text":"{}"}}}}}}',
        "{{{}",
    ],
)
def test_no_frame_that_is_none_is_quoted_with_a_secret(parrot, watch, form, shape):
    for what in WHAT:

        def reply(request, what=what):
            return accepted(request, shape.format(json.dumps(FORMS[form](secrets_of(request)[what]))[1:-1]))

        assert watch.leaks(everything(parrot, reply)) == set(), what


@pytest.mark.parametrize("form", ["verbatim", "percent-encoded", "base64", "letter by letter"])
def test_while_it_is_asked_again_nothing_is_repeated_either(parrot, watch, form):
    """The reason for a pause is the error's own sentence."""

    def reply(request):
        return refused(503, FORMS[form](secrets_of(request)["api_secret"]))

    told = everything(parrot, reply, retries=1)
    assert any(isinstance(event, Retrying) for event in told[-1])
    assert watch.leaks(told) == set()


def test_what_repeats_nothing_is_still_told(parrot):
    """The server's own words are worth a lot to one who looks for the cause."""
    problem, _ = failure_of(parrot, lambda _: refused(403, '{"message":"Your IP address is not allowed"}'))
    assert "Your IP address is not allowed" in problem.sentence
    problem, _ = failure_of(parrot, lambda r: accepted(r, error_frame("EngineInternalError: busy", "cht000@dx0123456")))
    assert "EngineInternalError: busy" in problem.sentence
    assert problem.sid == "cht000@dx0123456"


def test_a_key_in_the_midst_of_words_leaves_them(parrot):
    words = f"apikey {CANARIES['api_key']} of app {CANARIES['app_id']} is not known"
    problem, _ = failure_of(parrot, lambda _: refused(403, words))
    assert "apikey **** of app **** is not known" in problem.sentence
