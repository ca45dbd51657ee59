"""The sandbox is as strict as the vendor's gateway is documented to be, and does what a directive asks."""

import base64
import hashlib
import hmac
import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from email.utils import formatdate, parsedate_to_datetime
from urllib.parse import urlencode, urlparse
from wsgiref.handlers import format_date_time

import pytest
from websocket import (
    ABNF,
    WebSocketBadStatusException,
    WebSocketConnectionClosedException,
    WebSocketTimeoutException,
    create_connection,
)

from spark_magic.auth import sign_url
from spark_magic.credentials import Credentials
from spark_magic.models import MODELS, find
from spark_magic.sandbox import API_KEY, API_SECRET, APP_ID, Sandbox, directives, schema, script

SYSTEM = {"role": "system", "content": "Answer in rhymes."}


@pytest.fixture
def box():
    with Sandbox() as running:
        yield running
    assert not [thread for thread in threading.enumerate() if thread.name == "spark-sandbox"]


def signed(box, alias="ultra", **changes):
    """Sign an address as our own client does; `changes` replace app_id, api_key, api_secret or now."""
    now = changes.pop("now", time.time())
    keys = {"app_id": APP_ID, "api_key": API_KEY, "api_secret": API_SECRET, **changes}
    return sign_url(box.url(alias), Credentials.of(**keys), now).reveal()


def request(*contents, domain="4.0Ultra", system=False, header=None, **chat):
    """Build a request whose messages are `contents`, user and assistant in turns."""
    messages = [{"role": ("user", "assistant")[i % 2], "content": text} for i, text in enumerate(contents)]
    return {
        "header": {"app_id": APP_ID, "uid": "1234", **(header or {})},
        "parameter": {"chat": {"domain": domain, **chat}},
        "payload": {"message": {"text": [SYSTEM, *messages] if system else messages}},
    }


def connect(url):
    return create_connection(url, timeout=60)


def received(ws):
    """Return all that comes until the end, as (opcode, data); the last one is the close frame or ("eof", b"")."""
    frames = []
    while not frames or frames[-1][0] not in (ABNF.OPCODE_CLOSE, "eof"):
        try:
            frames.append(ws.recv_data(control_frame=True))
        except WebSocketConnectionClosedException:
            frames.append(("eof", b""))
    ws.shutdown()
    return frames


def exchange(box, body, alias="ultra"):
    """Send one request; return the decoded frames and how it ended: a close code, or "eof"."""
    ws = connect(signed(box, alias))
    ws.send(body if isinstance(body, str) else json.dumps(body))
    *frames, (opcode, data) = received(ws)
    end = "eof" if opcode == "eof" else int.from_bytes(data[:2])
    return [json.loads(data) for opcode, data in frames if opcode != ABNF.OPCODE_PING], end


def ask(box, *contents, alias="ultra", **options):
    return exchange(box, request(*contents, domain=find(alias).domain, **options), alias)


def joined(frames, key="content"):
    texts = [text for frame in frames for text in frame.get("payload", {}).get("choices", {}).get("text", ())]
    return "".join(text.get(key, "") for text in texts)


def code(frames):
    """Return the code of the one frame, which is an error frame as documented."""
    (frame,) = frames
    assert frame.keys() == {"header"}
    assert frame["header"].keys() == {"code", "message", "sid", "status"}
    assert frame["header"]["status"] == 2
    return frame["header"]["code"]


# --- handshake ---------------------------------------------------------------------------------------------------


def refused(url):
    with pytest.raises(WebSocketBadStatusException) as caught:
        connect(url)
    return caught.value


def authorized(box, text, date=None, host=None):
    """Return an address with this authorization text."""
    url = box.url()
    query = {
        "authorization": base64.b64encode(text.encode()).decode(),
        "date": date or formatdate(usegmt=True),
        "host": host or urlparse(url).netloc,
    }
    return f"{url}?{urlencode(query)}"


def signature(host, date, path="/v4.0/chat"):
    message = f"host: {host}\ndate: {date}\nGET {path} HTTP/1.1"
    return base64.b64encode(hmac.new(API_SECRET.encode(), message.encode(), hashlib.sha256).digest()).decode()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"api_key": "a" * 32}, "HMAC signature cannot be verified"),
        (
            {"api_key": API_SECRET, "api_secret": API_KEY},
            "HMAC signature cannot be verified: fail to retrieve credential",
        ),
        ({"api_secret": "b" * 32}, "HMAC signature does not match"),
    ],
)
def test_wrong_keys_are_refused_with_401(box, changes, message):
    problem = refused(signed(box, **changes))
    assert problem.status_code == 401
    assert json.loads(problem.resp_body) == {"message": message}


def test_an_unsigned_address_is_refused(box):
    problem = refused(box.url())
    assert (problem.status_code, json.loads(problem.resp_body)) == (401, {"message": "Unauthorized"})
    assert box.handshakes == 1
    assert box.requests == []


@pytest.mark.parametrize("authorization", ["not base64!", base64.b64encode(b"\xff\xfe").decode(), "YQ=="])
def test_an_unreadable_authorization_is_refused(box, authorization):
    query = urlencode({"authorization": authorization, "date": formatdate(usegmt=True), "host": "127.0.0.1"})
    problem = refused(f"{box.url()}?{query}")
    assert (problem.status_code, json.loads(problem.resp_body)["message"]) == (401, "HMAC signature cannot be verified")


def test_all_three_headers_have_to_be_signed(box):
    claims = f'api_key="{API_KEY}", algorithm="hmac-sha256", headers="date request-line", signature="x"'
    assert b"enforced header 'host' not used" in refused(authorized(box, claims)).resp_body


@pytest.mark.parametrize("skew", [-301, 301, -3600, 3600])
def test_a_clock_that_is_off_is_refused_with_403_and_the_servers_date(box, skew):
    problem = refused(signed(box, now=time.time() + skew + (1 if skew > 0 else 0)))
    assert problem.status_code == 403
    assert b"a valid date or x-date header is required" in problem.resp_body
    assert int(problem.resp_headers["content-length"]) == len(problem.resp_body)
    assert problem.resp_headers["content-type"].startswith("text/plain")
    assert abs(parsedate_to_datetime(problem.resp_headers["date"]).timestamp() - time.time()) < 5


@pytest.mark.parametrize("skew", [-297, 297])
def test_up_to_300_seconds_are_let_pass(box, skew):
    connect(signed(box, now=time.time() + skew)).close()


def test_the_gateways_clock_can_be_moved(box):
    box.clock_offset = 3600
    problem = refused(signed(box))
    assert problem.status_code == 403
    told = parsedate_to_datetime(problem.resp_headers["date"]).timestamp()
    connect(signed(box, now=told)).close()


@pytest.mark.parametrize("date", ["", "yesterday", "Fri, 05 May 2023 10:43:39", "Fri, 99 May 2023 10:43:39 GMT"])
def test_a_date_nobody_can_read_is_refused_with_403(box, date):
    query = urlencode({"authorization": "YQ==", "date": date, "host": "127.0.0.1"})
    assert refused(f"{box.url()}?{query}").status_code == 403


def test_another_host_is_refused_though_its_signature_is_right(box):
    date = formatdate(usegmt=True)
    claims = (
        f'api_key="{API_KEY}", algorithm="hmac-sha256", headers="host date request-line", '
        f'signature="{signature("example.com", date)}"'
    )
    assert b"does not match" in refused(authorized(box, claims, date, "example.com")).resp_body


def test_paths_outside_the_catalogue_are_not_found(box):
    assert refused(box.url().replace("/v4.0/chat", "/v9.9/chat")).status_code == 404
    assert refused(signed(box).replace("/v4.0/chat", "/v3.5/chat")).status_code == 401  # the path is signed


@pytest.mark.parametrize("host_of", ["netloc", "hostname"])
@pytest.mark.parametrize("blanks", ["", "            "])
@pytest.mark.parametrize("name", ["api_key", "hmac username"])
@pytest.mark.parametrize("zone", ["GMT", "UTC"])
def test_other_clients_dialects(box, host_of, blanks, name, zone):
    """spark_ai_python signs netloc with blanks from a continued line, langchain the host name, one-api in UTC."""
    host = getattr(urlparse(box.url()), host_of)
    date = format_date_time(time.time()).replace("GMT", zone)
    claims = (
        f'{name}="{API_KEY}", algorithm="hmac-sha256", {blanks}headers="host date request-line", '
        f'signature="{signature(host, date)}"'
    )
    ws = connect(authorized(box, claims, date, host))
    ws.send(json.dumps(request("hi")))
    assert received(ws)[-1][0] == ABNF.OPCODE_CLOSE


@pytest.mark.parametrize("alias", [model.alias for model in MODELS])
def test_every_model_of_the_catalogue_answers(box, alias):
    frames, end = ask(box, "hi", alias=alias)
    assert end == 1000
    assert "scripted" in joined(frames).lower()


# --- request -----------------------------------------------------------------------------------------------------


def broken(path, value):
    """Return a good request with the value at `path` replaced, or removed for None."""
    body = request("hi", "hello", "more")
    *parents, last = path
    place = body
    for key in parents:
        place = place[key]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return body


CHAT, TEXT = ("parameter", "chat"), ("payload", "message", "text")


@pytest.mark.parametrize(
    ("path", "value", "where"),
    [
        (("header",), None, "$.header"),
        (("header", "app_id"), None, "$.header.app_id"),
        (("header", "app_id"), 5, "$.header.app_id"),
        (("header", "uid"), "x" * 33, "$.header.uid"),
        (("header", "uid"), 1234, "$.header.uid"),
        (("header", "patch_id"), "one", "$.header.patch_id"),
        (("header", "patch_id"), [1], "$.header.patch_id"),
        (CHAT, None, "$.parameter.chat"),
        ((*CHAT, "domain"), None, "$.parameter.chat.domain"),
        ((*CHAT, "temperature"), 0, "$.parameter.chat.temperature"),
        ((*CHAT, "temperature"), 1.01, "$.parameter.chat.temperature"),
        ((*CHAT, "temperature"), True, "$.parameter.chat.temperature"),
        ((*CHAT, "temperature"), "0.5", "$.parameter.chat.temperature"),
        ((*CHAT, "top_k"), 0, "$.parameter.chat.top_k"),
        ((*CHAT, "top_k"), 7, "$.parameter.chat.top_k"),
        ((*CHAT, "top_k"), 1.5, "$.parameter.chat.top_k"),
        ((*CHAT, "max_tokens"), 0, "$.parameter.chat.max_tokens"),
        (("payload",), None, "$.payload.message.text"),
        (TEXT, [], "$.payload.message.text"),
        ((*TEXT, 1), "hi", "$.payload.message.text[1].role"),
        ((*TEXT, 0, "role"), "tool", "$.payload.message.text[0].role"),
        ((*TEXT, 0, "content"), 5, "$.payload.message.text[0].content"),
        ((*TEXT, 1, "role"), "system", "$.payload.message.text[1].role"),
        ((*TEXT, 1, "role"), "user", "$.payload.message.text[1].role"),
        ((*TEXT, 0, "role"), "assistant", "$.payload.message.text[0].role"),
        ((*TEXT, 2), None, "$.payload.message.text[1].role"),
        (TEXT, [SYSTEM], "$.payload.message.text[0].role"),
    ],
)
def test_a_request_against_the_schema_is_refused_with_its_path(box, path, value, where):
    body = broken(path, value)
    frames, end = exchange(box, body)
    assert (code(frames), end) == (10004, 1000)
    message = frames[0]["header"]["message"]
    assert re.match(r"SchemaCheckError:\(\d\d:\d\d:\d\d\.\d{3}\) ", message)
    assert f"'{where}'" in message
    assert box.requests == [body]


def test_the_length_of_uid_is_refused_in_the_vendors_words(box):
    frames, _ = exchange(box, broken(("header", "uid"), "x" * 33))
    assert frames[0]["header"]["message"].endswith("'$.header.uid' length must be less or equal than 32")


@pytest.mark.parametrize("body", ["", "no json", "[]", "5", '{"header": NaN}', "[" * 100_000])
def test_what_is_no_json_object_is_refused(box, body):
    frames, end = exchange(box, body)
    assert (code(frames), end) == (10003, 1000)
    assert frames[0]["header"]["message"].startswith("ClientMsgError:(")


def test_another_app_id_is_refused(box):
    frames, _ = ask(box, "hi", header={"app_id": "someone0"})
    assert code(frames) == 11200
    assert frames[0]["header"]["message"].startswith("AppIdNoAuthError:(")


def test_a_domain_of_another_address_is_refused(box):
    frames, _ = exchange(box, request("hi", domain="lite"))
    assert code(frames) == 10404
    assert re.match(r"PathDomainError:\(.*no category route found", frames[0]["header"]["message"])


@pytest.mark.parametrize("domain", ["lite", "general"])
def test_older_domain_names_are_still_served(box, domain):
    frames, _ = exchange(box, request("hi", domain=domain), alias="lite")
    assert frames[-1]["header"]["status"] == 2


def test_the_widest_documented_values_pass(box):
    body = request("hi", header={"uid": "x" * 32, "patch_id": ["one"]}, temperature=1, top_k=6, max_tokens=1)
    assert exchange(box, body)[0][-1]["header"]["code"] == 0
    assert ask(box, "hi", alias="x2", temperature=2)[0][-1]["header"]["code"] == 0
    assert code(ask(box, "hi", alias="x2", temperature=2.1)[0]) == 10004


def test_a_request_may_come_in_a_binary_frame(box):
    ws = connect(signed(box))
    ws.send_binary(json.dumps(request("hi")).encode())
    assert len(received(ws)) > 3


# --- answer ------------------------------------------------------------------------------------------------------


def test_an_answer_has_the_documented_frames(box):
    ws = connect(signed(box))
    ws.send(json.dumps(request("你好")))
    *frames, (_, closing) = received(ws)
    assert closing == (1000).to_bytes(2) + b"close this ws conn"
    assert {opcode for opcode, _ in frames} == {ABNF.OPCODE_TEXT}
    decoded = [json.loads(data) for _, data in frames]
    statuses = [0, *[1] * (len(frames) - 2), 2]
    assert [frame["header"]["status"] for frame in decoded] == statuses
    assert [frame["payload"]["choices"]["status"] for frame in decoded] == statuses
    assert [frame["payload"]["choices"]["seq"] for frame in decoded] == list(range(len(frames)))
    assert {(frame["header"]["code"], frame["header"]["message"]) for frame in decoded} == {(0, "Success")}
    (sid,) = {frame["header"]["sid"] for frame in decoded}
    assert re.fullmatch(r"cht000[0-9a-f]+@dx[0-9a-f]+", sid)
    for frame in decoded:
        (text,) = frame["payload"]["choices"]["text"]
        assert text.keys() == {"content", "role", "index"}
        assert 1 <= len(text["content"]) <= 12
    assert [("usage" in frame["payload"]) for frame in decoded] == [False] * (len(frames) - 1) + [True]


@pytest.mark.parametrize(("question", "words"), [("hello", "local sandbox"), ("你好", "没有运行任何模型")])
def test_the_answer_says_that_it_is_scripted_in_the_questions_language(box, question, words):
    answer = joined(ask(box, question)[0])
    assert words in answer
    assert 300 <= len(answer) <= 600
    for mark in ("## ", "\n- ", "|---|", "```"):
        assert mark in answer


def test_the_answer_shows_the_history_it_received(box):
    answer = joined(ask(box, "Who was Li Bai?", "A poet.", "When did he\nlive?" + "!" * 99, system=True)[0])
    assert "received: 4" in answer
    assert "turn 2" in answer
    for quoted in ("“Who was Li Bai?”", "“When did he live?!", "…”", "“Answer in rhymes.”"):
        assert quoted in answer
    assert "no system prompt" in joined(ask(box, "hi")[0])


def test_usage_counts_all_messages(box):
    short, long = (ask(box, *texts)[0][-1]["payload"]["usage"]["text"] for texts in [("hi",), ("hi", "ho", "hi")])
    assert long["prompt_tokens"] > short["prompt_tokens"]
    assert long["question_tokens"] == short["question_tokens"]
    assert long["total_tokens"] == long["prompt_tokens"] + long["completion_tokens"]


def test_tokens_follow_the_vendors_rule_of_thumb():
    assert (script.tokens("星火大模型"), script.tokens("one two three four"), script.tokens("")) == (4, 5, 0)


@pytest.mark.parametrize("alias", ["x1", "x2"])
def test_reasoning_models_reason_first(box, alias):
    frames, _ = ask(box, "hi", alias=alias)
    keys = ["reasoning_content" if "reasoning_content" in text else "content" for text in _texts(frames)]
    assert keys == sorted(keys, reverse=True)
    assert set(keys) == {"content", "reasoning_content"}
    assert all(len(text.keys() & {"content", "reasoning_content"}) == 1 for text in _texts(frames))
    assert joined(ask(box, "hi", alias=alias, thinking={"type": "disabled"})[0], "reasoning_content") == ""


def _texts(frames):
    return [text for frame in frames for text in frame["payload"]["choices"]["text"]]


@pytest.mark.parametrize(
    "chat",
    [
        {"show_ref_label": True},
        {"tools": [{"type": "web_search", "web_search": {"enable": True, "show_ref_label": True}}]},
    ],
)
def test_references_come_first_and_have_no_choices(box, chat):
    (first, second, *_), _ = ask(box, "hi", **chat)
    assert first["header"]["status"] == 1
    assert first["payload"].keys() == {"plugins"}
    (plugin,) = first["payload"]["plugins"]["text"]
    assert plugin["name"] == "ifly_search"
    assert all(source.keys() == {"index", "url", "title"} for source in json.loads(plugin["content"]))
    assert second["payload"]["choices"]["seq"] == 0


@pytest.mark.parametrize("chat", [{}, {"tools": []}, {"tools": "odd"}, {"tools": [5, {"web_search": None}]}])
def test_references_come_only_when_asked_for(box, chat):
    assert "plugins" not in ask(box, "hi", **chat)[0][0]["payload"]


# --- directives --------------------------------------------------------------------------------------------------


def test_every_directive_is_documented():
    described = set(re.findall(r"(?m)^    ([a-z]+) ", directives.__doc__))
    assert described == set(directives.TABLE)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "dance",
        "error",
        "error x",
        "close 1005",
        "close 99",
        "ping",
        "count -1",
        "delay 1e3",
        "stall after",
        "empty x",
    ],
)
def test_an_unreadable_directive_is_told(box, line):
    frames, _ = ask(box, f"sandbox: {line}")
    assert code(frames) == 10005
    assert "known are error, close" in frames[0]["header"]["message"]


def test_only_the_newest_message_directs(box):
    assert ask(box, "sandbox: drop", "no", "hi, sandbox: drop")[1] == 1000


def test_lines_are_the_answer_whatever_else_the_question_says(box):
    frames, _ = ask(box, 'sandbox: line {"a":\nsandbox: line  1}\n\nAnswer with JSON alone.')
    assert joined(frames) == '{"a":\n 1}'


def test_then_answers_the_message_that_follows(box):
    first = "sandbox: line one\nsandbox: then two\nsandbox: then three"
    assert joined(ask(box, first)[0]) == "one"
    assert joined(ask(box, first, "one", "and?")[0]) == "two\nthree"
    assert joined(ask(box, first, "one", "sandbox: line four")[0]) == "four"
    assert "Scripted" in joined(ask(box, first, "one", "and?", "two\nthree", "and now?")[0])
    assert "Scripted" in joined(ask(box, "sandbox: dance", "no", "and?")[0])


@pytest.mark.parametrize("number", [10013, 10014, 11200, 11202, 10999])
def test_error(box, number):
    frames, end = ask(box, f"please\nsandbox: error {number}")
    assert (code(frames), end) == (number, 1000)


def test_error_after_some_text(box):
    frames, end = ask(box, "sandbox: error 10014 after 3")
    assert [frame["header"]["status"] for frame in frames] == [0, 1, 1, 2]
    assert (code(frames[3:]), end) == (10014, 1000)


def test_error_after_all_text_comes_instead_of_the_last_status(box):
    frames, _ = ask(box, "sandbox: error 10019 after 999999\nsandbox: say all of it")
    assert joined(frames) == "all of it"
    assert "usage" not in frames[-2]["payload"]
    assert code(frames[-1:]) == 10019


@pytest.mark.parametrize(
    ("line", "texts", "end"),
    [
        ("close", 0, 1000),
        ("close 1011", 0, 1011),
        ("close after 2", 2, 1000),
        ("close 4321 after 1", 1, 4321),
        ("close 1006", 0, "eof"),
        ("close 1006 after 3", 3, "eof"),
        ("drop", 0, "eof"),
        ("drop after 3", 3, "eof"),
    ],
)
def test_close_and_drop(box, line, texts, end):
    frames, ended = ask(box, f"sandbox: {line}")
    assert (len(frames), ended) == (texts, end)


@pytest.mark.parametrize(("line", "texts"), [("stall", 0), ("stall after 2", 2), ("linger\nsandbox: say four", 2)])
def test_stall_and_linger_last_until_the_client_goes(box, line, texts):
    ws = connect(signed(box))
    ws.send(json.dumps(request(f"sandbox: {line}")))
    for _ in range(texts):
        assert ws.recv()
    ws.settimeout(0.05)
    with pytest.raises(WebSocketTimeoutException):
        ws.recv()
    assert box.open_connections == 1
    ws.shutdown()
    assert box.wait_until(lambda: box.open_connections == 0)


def test_linger_gives_the_whole_answer(box):
    ws = connect(signed(box))
    ws.send(json.dumps(request("sandbox: linger")))
    while json.loads(ws.recv())["header"]["status"] != 2:
        pass
    ws.close()
    assert box.wait_until(lambda: box.open_connections == 0)


def test_count_is_exact_and_deterministic(box):
    frames, _ = ask(box, "sandbox: count 2000")
    assert len(frames) == 2000
    assert frames[-1]["header"]["status"] == 2
    text = joined(frames)
    assert text == joined(ask(box, "sandbox: count 2000 rate 0")[0])
    for mark in ("## Section 1 ", "\n- ", "```python", "**bold**", "没有运行任何模型"):
        assert mark in text


def test_rate_is_kept(box):
    started = time.monotonic()
    frames, _ = ask(box, "sandbox: count 101 rate 200")
    assert len(frames) == 101
    assert 0.5 <= time.monotonic() - started < 1.5


def test_the_boxes_own_delay_is_kept(box):
    box.delay = 0.02
    started = time.monotonic()
    ask(box, "sandbox: count 11")
    assert time.monotonic() - started >= 0.2


@pytest.mark.parametrize(
    "text",
    ["x", "", "<img src=x onerror=alert(1)>\n\n[a](javascript:x)\x1b[31m\u202e", "sandbox: drop\n多行\n", "a\r\nb"],
)
def test_say_answers_exactly_with_the_text(box, text):
    frames, end = ask(box, f"say this\nsandbox: think 2\nsandbox: say\n{text}")
    assert (joined(frames), end) == (text, 1000)
    assert sum("reasoning_content" in item for item in _texts(frames)) == 2


def test_say_takes_the_rest_of_its_line_too(box):
    assert joined(ask(box, "sandbox: say one")[0]) == "one"
    assert joined(ask(box, "sandbox: say one\ntwo")[0]) == "one\ntwo"


def test_half_a_character_is_still_json(box):
    frames, _ = exchange(box, request("sandbox: say \ud83d"))
    assert joined(frames) == "\ud83d"


def test_think_gives_so_many_frames_of_reasoning_on_any_path(box):
    frames, _ = ask(box, "sandbox: think 7")
    assert ["reasoning_content" in text for text in _texts(frames)[:8]] == [True] * 7 + [False]
    assert joined(ask(box, "sandbox: think 0", alias="x1")[0], "reasoning_content") == ""


def test_references(box):
    assert "plugins" in ask(box, "sandbox: references")[0][0]["payload"]


def test_oneframe(box):
    (frame,), end = ask(box, "sandbox: oneframe")
    assert (frame["header"]["status"], frame["payload"]["choices"]["seq"], end) == (2, 0, 1000)
    assert "usage" in frame["payload"]
    assert "sandbox" in joined([frame])


def test_empty(box):
    (frame,), end = ask(box, "sandbox: empty")
    assert (frame["header"]["status"], frame["payload"]["choices"]["text"], end) == (2, [], 1000)


def test_raw_sends_the_text_as_it_is(box):
    ws = connect(signed(box))
    ws.send(json.dumps(request('sandbox: raw {"header": oops} ')))
    (opcode, data), (closing, _) = received(ws)
    assert (opcode, data, closing) == (ABNF.OPCODE_TEXT, b'{"header": oops} ', ABNF.OPCODE_CLOSE)


def test_binary(box):
    ws = connect(signed(box))
    ws.send(json.dumps(request("sandbox: binary")))
    *frames, _ = received(ws)
    assert {opcode for opcode, _ in frames} == {ABNF.OPCODE_BINARY}
    assert json.loads(frames[0][1])["header"]["code"] == 0


@pytest.mark.parametrize("more", ["", "\nsandbox: oneframe", "\nsandbox: say hello"])
def test_ping(box, more):
    ws = connect(signed(box))
    ws.send(json.dumps(request(f"sandbox: ping 10{more}")))
    opcodes = [opcode for opcode, _ in received(ws)]
    assert opcodes.count(ABNF.OPCODE_PING) == 10
    assert opcodes[-2:] == [ABNF.OPCODE_TEXT, ABNF.OPCODE_CLOSE]


def test_delay(box):
    started = time.monotonic()
    ask(box, "sandbox: delay 0.2\nsandbox: say hello")
    assert time.monotonic() - started >= 0.2


# --- life --------------------------------------------------------------------------------------------------------


def test_requests_and_handshakes_are_counted(box):
    ask(box, "one")
    ask(box, "two")
    refused(box.url())
    assert [body["payload"]["message"]["text"][0]["content"] for body in box.requests] == ["one", "two"]
    assert box.handshakes == 3
    assert box.wait_until(lambda: box.open_connections == 0)


def test_a_wait_in_vain_ends(box):
    assert box.wait_until(lambda: False, timeout=0.01) is False


def test_a_client_that_leaves_in_the_middle_ends_its_answer(box):
    ws = connect(signed(box))
    ws.send(json.dumps(request("sandbox: count 50000 rate 100")))
    ws.recv()
    ws.shutdown()
    assert box.wait_until(lambda: box.open_connections == 0, timeout=1)


@pytest.mark.parametrize("chatter", [0, 200])
def test_a_client_that_leaves_in_a_long_pause_ends_its_answer(box, chatter):
    """Nothing is being sent that could fail, and unread messages must not hide the end of the connection."""
    ws = connect(signed(box))
    ws.send(json.dumps(request("sandbox: delay 600")))
    assert box.wait_until(lambda: len(box.requests) == 1)
    for _ in range(chatter):
        ws.send("still there?")
    ws.shutdown()
    assert box.wait_until(lambda: box.open_connections == 0, timeout=1)


def test_a_client_that_never_asks_may_leave(box):
    connect(signed(box)).shutdown()
    assert box.wait_until(lambda: box.handshakes == 1 and box.open_connections == 0)


def test_a_client_that_stops_reading_holds_up_nobody(box):
    lazy = connect(signed(box))
    lazy.send(json.dumps(request("sandbox: count 100000")))
    assert box.wait_until(lambda: len(box.requests) == 1)
    assert ask(box, "hi")[1] == 1000
    assert box.open_connections >= 1
    lazy.shutdown()
    assert box.wait_until(lambda: box.open_connections == 0)


def test_many_clients_at_once_get_their_own_answers(box):
    answers = {}
    threads = [
        threading.Thread(target=lambda n=n: answers.update({n: joined(ask(box, f"sandbox: say {n}")[0])}))
        for n in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == {n: str(n) for n in range(20)}


def test_stop_waits_for_nobody_and_leaves_nothing():
    box = Sandbox()
    assert box.start() is box.start()
    port = box.port
    stalled, unread = connect(signed(box)), connect(signed(box))
    stalled.send(json.dumps(request("sandbox: stall")))
    unread.send(json.dumps(request("sandbox: count 100000")))
    silent = socket.create_connection(("127.0.0.1", port))
    assert box.wait_until(lambda: len(box.requests) == 2, timeout=30)
    started = time.monotonic()
    box.stop()
    box.stop()
    took = time.monotonic() - started
    for client in (stalled, unread):
        client.shutdown()
    silent.close()
    assert took < 1.9  # seconds: less than a closing handshake may take
    assert box.open_connections == 0
    assert "spark-sandbox" not in [thread.name for thread in threading.enumerate()]
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="counts file descriptors")  # noqa: PTH112
def test_starting_again_and_again_leaks_no_descriptor():
    def descriptors():
        with Sandbox() as box:
            ask(box, "hi")
        return len(os.listdir("/proc/self/fd"))  # noqa: PTH208

    first = descriptors()
    assert [descriptors() for _ in range(5)] == [first] * 5


def test_a_port_that_is_taken_is_an_oserror(box):
    with pytest.raises(OSError, match="address"):
        Sandbox(port=box.port).start()


def test_the_keys_are_of_the_real_length_and_say_what_they_are():
    assert [len(value) for value in (APP_ID, API_KEY, API_SECRET)] == [8, 32, 32]
    assert all("sandbox" in value for value in (APP_ID, API_KEY, API_SECRET))
    assert API_SECRET not in repr(Sandbox().credentials)


def test_an_address_for_every_alias(box):
    assert box.url() == f"ws://127.0.0.1:{box.port}/v4.0/chat"
    assert box.url("kjwx").endswith("/v1.1/chat_kjwx")
    assert {box.url(model.alias).removeprefix(f"ws://127.0.0.1:{box.port}") for model in MODELS} == set(schema.PATHS)


def test_importing_it_does_not_import_websockets():
    program = "import sys, spark_magic.sandbox; sys.exit('websockets' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0  # our own


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_runs_alone_and_ends_on_a_signal(number):
    command = [sys.executable, "-m", "spark_magic.sandbox", "--delay", "0", "--app-id", "another0"]
    with subprocess.Popen(  # our own
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert select.select([process.stdout], [], [], 10)[0]
            banner = [process.stdout.readline() for _ in range(6 + len(MODELS) - 1)]  # the sandbox is no row of its own
            assert re.match(r"sandbox at ws://127\.0\.0\.1:\d+ ", banner[0])
            assert "export SPARK_APP_ID=another0\n" in banner
            assert f"export SPARK_API_KEY={API_KEY}\n" in banner
            assert f"export SPARK_API_SECRET={API_SECRET}\n" in banner
            process.send_signal(number)
            _, errors = process.communicate(timeout=10)
        finally:
            process.kill()
    assert process.returncode == 0
    assert errors == ""
    assert re.search(r"\nx2 .*/x2 .*domain spark-x\n", "".join(banner))
