"""What `spark_magic.protocol` promises: the vendor's request, and events or a SparkError from any bytes at all."""

import contextlib
import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spark_magic.errors import (
    BadRequest,
    Moderated,
    ProtocolError,
    QuotaExceeded,
    RateLimited,
    ServiceBusy,
    ServiceError,
    SparkError,
)
from spark_magic.events import Delta, Finished, Message, Reasoning, Reference, References, Usage
from spark_magic.protocol import decode, encode_request

HELLO = [Message("user", "hello")]


def request(messages=HELLO, **options):
    """Return the request as the server reads it."""
    return json.loads(encode_request(messages, app_id="12345678", domain="4.0Ultra", **options))


def events(frame):
    """Return the events of a frame given as a dict or as bytes."""
    return list(decode(frame if isinstance(frame, bytes) else json.dumps(frame).encode()))


def frame(*texts, status=1, code=0, **payload):
    """Build a frame the way the vendor's gateway does."""
    choices = {"status": status, "seq": 1, "text": list(texts)}
    header = {"code": code, "message": "Success", "sid": "cha000b0003@dx18", "status": status}
    return {"header": header, "payload": {"choices": choices, **payload}}


# encode


def test_the_request_has_the_vendors_shape():
    text = request([Message("system", "short"), *HELLO], temperature=0.5, top_k=4, max_tokens=2048)
    uid = text["header"].pop("uid")
    assert isinstance(uid, str)
    assert text == {
        "header": {"app_id": "12345678"},
        "parameter": {"chat": {"domain": "4.0Ultra", "temperature": 0.5, "top_k": 4, "max_tokens": 2048}},
        "payload": {
            "message": {"text": [{"role": "system", "content": "short"}, {"role": "user", "content": "hello"}]}
        },
    }


def test_what_is_none_is_left_to_the_server():
    """Neither a null parameter nor an empty `functions`, which Lite takes for an error."""
    text = request()
    assert text["parameter"] == {"chat": {"domain": "4.0Ultra"}}
    assert list(text["payload"]) == ["message"]
    assert "patch_id" not in text["header"]


def test_thinking_and_search_have_the_vendors_shape():
    chat = request(HELLO, thinking="off", search=False, search_mode="deep", references=True)["parameter"]["chat"]
    assert chat["thinking"] == {"type": "disabled"}
    search = {"enable": False, "show_ref_label": True, "search_mode": "deep"}
    assert chat["tools"] == [{"type": "web_search", "web_search": search}]


def test_a_picture_says_that_it_is_one_and_a_text_says_nothing():
    picture = Message("user", "aGk=", "image")
    items = request([picture, Message("user", "what is it?")])["payload"]["message"]["text"]
    assert items == [
        {"role": "user", "content": "aGk=", "content_type": "image"},
        {"role": "user", "content": "what is it?"},
    ]


def test_a_temperature_of_zero_is_sent():
    assert request(temperature=0.0)["parameter"]["chat"]["temperature"] == 0.0


def test_every_uid_is_fresh_and_at_most_32_characters():
    """A longer one is refused with 10004, one used twice at a time with 10006."""
    uids = [request()["header"]["uid"] for _ in range(200)]
    assert len(set(uids)) == 200
    assert all(0 < len(uid) <= 32 for uid in uids)


def test_a_patch_id_is_a_list_of_one():
    assert request(patch_id="resource")["header"]["patch_id"] == ["resource"]
    assert "patch_id" not in request(patch_id="")["header"]


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_every_text_arrives_unchanged(text):
    assert request([Message("user", text)])["payload"]["message"]["text"][0]["content"] == text


def test_text_is_sent_as_utf_8_not_as_escapes():
    assert "你好 🚀".encode() in encode_request([Message("user", "你好 🚀")], app_id="a", domain="lite")


@pytest.mark.parametrize(("text", "position"), [("\ud800", 0), ("ab\udce9c", 2), ("你好\udfff", 2)])
def test_half_a_character_is_refused_with_its_position(text, position):
    with pytest.raises(SparkError) as caught:
        request([Message("user", text)])
    assert caught.value.key == "prompt.not_text"
    assert caught.value.values["position"] == position
    assert f"position {position}" in str(caught.value)
    assert caught.value.__cause__ is None  # a chained encoding error holds the whole prompt
    assert caught.value.__context__ is None


# decode: a normal stream


def test_a_delta():
    item = {"content": "你", "role": "assistant", "index": 0}
    assert events(frame(item, status=0)) == [Delta("你")]


def test_the_last_frame_brings_its_text_then_usage_and_sid():
    usage = {"text": {"question_tokens": 1, "prompt_tokens": 2, "completion_tokens": 3, "total_tokens": 5}}
    assert events(frame({"content": "!"}, status=2, usage=usage)) == [
        Delta("!"),
        Finished("cha000b0003@dx18", Usage(2, 3, 5)),
    ]


def test_a_one_frame_answer_needs_no_frame_before_it():
    assert events(frame({"content": "all"}, status=2))[0] == Delta("all")


def test_either_status_ends_the_answer():
    assert events({"header": {"code": 0, "status": 2}, "payload": {"choices": {"text": []}}}) == [Finished("", None)]
    assert events({"header": {"code": 0}, "payload": {"choices": {"status": 2}}}) == [Finished("", None)]


def test_reasoning_comes_before_the_answer_of_the_same_frame():
    item = {"content": "4", "reasoning_content": "2+2"}
    assert events(frame(item)) == [Reasoning("2+2"), Delta("4")]


def test_all_texts_of_a_frame_in_order():
    assert events(frame({"content": "a"}, {"content": "b"})) == [Delta("a"), Delta("b")]


# decode: the shapes that crash clients which index blindly


SOURCES = [{"index": 1, "url": "https://a.example/", "title": "A"}, {"index": 2, "url": None}]


def plugin_frame(content, status=1):
    """Build the frame that precedes an answer with search references: it has no choices."""
    item = {
        "name": "ifly_search",
        "content": content,
        "content_type": "text",
        "content_meta": None,
        "role": "tool",
        "status": "finished",
        "invoked": {"namespace": "ifly_search", "plugin_id": "ifly_search", "status_code": 200, "type": "local"},
    }
    return {
        "header": {"code": 0, "message": "Success", "sid": "s", "status": status},
        "payload": {"plugins": {"text": [item]}},
    }


def test_a_reference_frame_without_choices():
    expected = References((Reference(1, "https://a.example/", "A"), Reference(2, "", "")))
    assert events(plugin_frame(json.dumps(SOURCES))) == [expected]


@pytest.mark.parametrize("content", ["", None, "[]", "{}", "not json", '[{"index":"x"}]', "[1]", "null", '"\\ud800"'])
def test_references_nobody_can_read_are_left_out(content):
    """The answer goes on without them."""
    assert events(plugin_frame(content)) == []


def test_references_nested_without_end_are_left_out():
    """A parser's recursion limit is no reason to lose the answer, let alone to show a RecursionError."""
    assert events(plugin_frame('[{"x":' + "[" * 200_000)) == []


def test_a_frame_of_reasoning_has_no_content_key():
    assert events(frame({"reasoning_content": "hm", "role": "assistant"})) == [Reasoning("hm")]


def test_a_function_call_is_one_frame_with_empty_content():
    call = {"name": "weather", "arguments": '{"city":"合肥"}'}
    item = {"content": "", "role": "assistant", "content_type": "text", "function_call": call, "index": 0}
    usage = {"text": {"prompt_tokens": 9, "completion_tokens": 0, "total_tokens": 9}}
    assert events(frame(item, status=2, usage=usage)) == [Finished("cha000b0003@dx18", Usage(9, 0, 9))]


def test_an_error_frame_has_no_payload():
    detail = "AppIdNoAuthError:(11:45:14.123) tokens.total"
    with pytest.raises(QuotaExceeded) as caught:
        events({"header": {"code": 11200, "message": detail, "sid": "cha1", "status": 2}})
    assert (caught.value.code, caught.value.sid, caught.value.retryable) == (11200, "cha1", False)
    assert "tokens.total" in str(caught.value)


@pytest.mark.parametrize(
    ("code", "error", "retryable"),
    [
        (10004, BadRequest, False),
        (10013, Moderated, False),
        (10014, Moderated, False),
        (10019, Moderated, False),
        (10008, ServiceBusy, True),
        (11202, RateLimited, True),
        (10907, BadRequest, False),
        (99999, ServiceError, False),
        (-1, ServiceError, False),
        (10**9, ServiceError, False),
    ],
)
def test_an_error_code_is_its_own_class(code, error, retryable):
    with pytest.raises(ServiceError) as caught:
        events(frame({"content": "withdrawn"}, code=code))
    assert type(caught.value) is error
    assert (caught.value.code, caught.value.retryable) == (code, retryable)
    assert str(code) in str(caught.value)


@pytest.mark.parametrize(
    "choices",
    [
        {"text": []},
        {"text": None},
        {},
        {"status": None, "text": [{}]},
        {"text": [{"content": None}]},
        {"text": [{"content": ""}]},
        {"text": [{"content": None, "reasoning_content": None}]},
        {"text": [{"content": "", "reasoning_content": ""}]},
    ],
)
def test_a_frame_without_text_is_neither_an_event_nor_the_end(choices):
    assert events({"header": {"code": 0, "status": 1}, "payload": {"choices": choices}}) == []


@pytest.mark.parametrize("usage", [None, {}, {"text": None}])
def test_a_last_frame_without_usage_still_ends_the_answer(usage):
    assert events(frame({"content": "x"}, status=2, usage=usage)) == [Delta("x"), Finished("cha000b0003@dx18", None)]


def test_a_last_frame_without_payload_ends_the_answer():
    for payload in ({}, {"payload": None}, {"payload": {}}):
        assert events({"header": {"code": 0, "sid": "s", "status": 2}} | payload) == [Finished("s", None)]


def test_unknown_keys_are_ignored_everywhere():
    item = {"content": "a", "new": [1]}
    new = frame(item, status=2, usage={"text": {"total_tokens": 1, "new": {}}, "new": 1}, search_prompt={}, new=None)
    new["new"] = new["header"]["new"] = new["payload"]["choices"]["new"] = {"deep": [{}]}
    assert events(new) == [Delta("a"), Finished("cha000b0003@dx18", Usage(0, 0, 1))]


# decode: what is no frame


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b"1",
        b'"text"',
        b"{}",
        b"<html>502 Bad Gateway</html>",
        b'{"header":{"code":0,"status":2}} trailing',
        b"\xff\xfe",
        b'{"header":{"code":0,"sid":"\xff"}}',
        b'{"header":{"code":0,"sid":"\\ud800"}}',
        b'{"payload":{"choices":{"text":[{"content":"a"}]}}}',
        b'{"code":0,"message":"ok"}',
        b'{"header":null}',
        b'{"header":{}}',
        b'{"header":{"code":null}}',
        b'{"header":{"code":"0"}}',
        b'{"header":{"code":false}}',
        b'{"header":{"code":0.5}}',
        b'{"header":{"code":NaN}}',
        b'{"header":{"code":0,"status":"2"}}',
        b'{"header":{"code":0,"sid":7,"status":2}}',
        b'{"header":{"code":0},"payload":[]}',
        b'{"header":{"code":0},"payload":{"choices":[]}}',
        b'{"header":{"code":0},"payload":{"choices":{"text":{}}}}',
        b'{"header":{"code":0},"payload":{"choices":{"text":["a"]}}}',
        b'{"header":{"code":0},"payload":{"choices":{"text":[{"content":["a"]}]}}}',
        b'{"header":{"code":0},"payload":{"choices":{"text":[{"content":1}]}}}',
        b'{"header":{"code":0},"payload":{"choices":{"text":[{"content":"\xed\xa0\x80"}]}}}',
        b'{"header":{"code":0,"status":2},"payload":{"usage":{"text":{"total_tokens":"5"}}}}',
        b'{"header":{"code":0,"status":2},"payload":{"usage":{"text":[]}}}',
        b'{"header":{"code":0},"new":' + b"[" * 200_000,
    ],
)
def test_what_is_no_frame_is_a_protocol_error(data):
    with pytest.raises(ProtocolError) as caught:
        events(data)
    assert caught.value.__context__ is None  # the parser's own error is told, not chained


@pytest.mark.parametrize("payload", [{}, {"payload": None}, {"payload": {}}, {"payload": {"usage": {}}}])
def test_a_frame_with_neither_choices_plugins_nor_the_end_is_a_protocol_error(payload):
    with pytest.raises(ProtocolError) as caught:
        events({"header": {"code": 0, "sid": "s", "status": 1}} | payload)
    assert caught.value.sid == "s"


# any bytes


REAL = [
    frame({"content": "你好", "role": "assistant", "index": 0}, status=0),
    frame({"reasoning_content": "hm"}),
    frame({"content": "!"}, status=2, usage={"text": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}}),
    plugin_frame(json.dumps(SOURCES)),
    {"header": {"code": 10013, "message": "ClientMsgError:(10:00:00.000) no", "sid": "cha1", "status": 2}},
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def known_events_or_spark_error(data):
    seen = []
    with contextlib.suppress(SparkError):
        seen = list(decode(data))
    for event in seen:
        assert isinstance(event, Delta | Reasoning | References | Finished)
        if isinstance(event, Delta | Reasoning):
            assert event.text


@given(st.binary())
def test_arbitrary_bytes_give_events_or_a_spark_error(data):
    known_events_or_spark_error(data)


@given(st.sampled_from(REAL), st.data())
def test_a_real_frame_with_bytes_changed_gives_events_or_a_spark_error(real, data):
    raw = bytearray(json.dumps(real).encode())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(raw) - 1))
        raw[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
        if not raw:
            break
    known_events_or_spark_error(bytes(raw))


def paths(value, path=()):
    """Name every place in a JSON value."""
    yield path
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield from paths(child, (*path, key))


def replaced(value, path, new):
    """Return the JSON value with another one at that place."""
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = replaced(value[path[0]], path[1:], new)
    return copy


@given(st.sampled_from([(real, path) for real in REAL for path in paths(real)]), JSON)
def test_a_real_frame_with_any_other_value_anywhere_gives_events_or_a_spark_error(place, new):
    known_events_or_spark_error(json.dumps(replaced(*place, new)).encode())


@given(st.text(min_size=1))
def test_text_comes_out_as_it_was_sent(text):
    """What JSON can carry comes out unchanged; a lone surrogate, which UTF-8 cannot, is a ProtocolError."""
    data = json.dumps(frame({"content": text})).encode()
    if any(0xD800 <= ord(c) <= 0xDFFF for c in text):
        with pytest.raises(ProtocolError):
            events(data)
    else:
        assert events(data) == [Delta(text)]


def test_decoding_does_not_wait_for_the_iterator():
    """What is no frame is refused when it is handed over, before anybody asks for events."""
    with pytest.raises(ProtocolError):
        decode(b"{")


def test_the_request_is_json_the_strict_parser_takes():
    assert msgspec.json.decode(encode_request(HELLO, app_id="a", domain="b"))


def test_a_last_frame_with_odd_counts_does_not_lose_the_answer():
    frame = (
        b'{"header":{"code":0,"status":2,"sid":"s"},"payload":{"choices":{"status":2,"text":[{"content":"end"}]},'
        b'"usage":{"text":{"prompt_tokens":null,"completion_tokens":7}}}}'
    )
    assert events(frame) == [Delta("end"), Finished("s", Usage(0, 7, 0))]


@pytest.mark.parametrize("oddity", ['"payload":"oops"', '"payload":{"choices":[]}', '"payload":{"usage":7}'])
def test_an_error_code_is_read_whatever_stands_beside_it(oddity):
    frame = f'{{"header":{{"code":11200,"message":"m","sid":"s","status":"2"}},{oddity}}}'
    with pytest.raises(QuotaExceeded) as failure:
        events(frame.encode())
    assert (failure.value.code, failure.value.sid) == (11200, "s")


def test_a_reference_may_be_numbered_in_words():
    content = '[{"index":"2","url":"https://example.org","title":"t"}]'
    assert events(plugin_frame(content)) == [References((Reference(2, "https://example.org", "t"),))]
