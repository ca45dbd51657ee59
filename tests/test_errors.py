"""What `spark_magic.errors` promises: what happened, what to do, code and sid; no frames, no keys."""

import copy
import inspect
import pickle
from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spark_magic import errors
from spark_magic.errors import (
    CODES,
    ClockSkew,
    ConfigurationError,
    ConnectionFailed,
    CredentialsRefused,
    HandshakeRefused,
    Moderated,
    QuotaExceeded,
    RateLimited,
    ServiceBusy,
    ServiceError,
    SparkError,
    SparkInterrupted,
    handshake_error,
    masked_text,
    service_error,
)
from spark_magic.errors.echo import repeats
from spark_magic.messages import LANGUAGES, has, use_language

KEY = "addd2272b6d8b7c8abdd79531420ca3b"
CLASSES = [c for c in vars(errors).values() if inspect.isclass(c) and issubclass(c, SparkError)]
NOW = 1_700_000_000.0


def refused(status, body="", *, date="", sources="Both come from the environment."):
    """Return the error for one reply of the gateway."""
    return handshake_error(status=status, body=body, date=date, now=NOW, host="spark-api.xf-yun.com", sources=sources)


# the tree


def test_all_names_what_there_is():
    public = {name for name, value in vars(errors).items() if not name.startswith("_") and not inspect.ismodule(value)}
    assert set(errors.__all__) == public
    assert errors.__all__ == sorted(errors.__all__, key=lambda name: (not name.isupper(), not name[0].isupper(), name))


@pytest.mark.parametrize("error", CLASSES, ids=lambda error: error.__name__)
def test_every_class_takes_the_same_facts_and_shows_them(error):
    problem = error("connection.lost", retryable=True, code=10110, sid="cha1@dx", detail="busy")
    assert problem.lines()[1:] == [
        "What came so far is shown but not remembered. Run the cell again.",
        "code 10110 · sid cha1@dx",
    ]
    assert problem.lines()[0].startswith("The connection ended before the answer was complete.")
    assert str(problem) == "\n".join(problem.lines())
    assert (problem.retryable, problem.code, problem.sid, problem.detail) == (True, 10110, "cha1@dx", "busy")
    assert problem.hint == problem.lines()[1]
    assert error.__doc__


@pytest.mark.parametrize("error", CLASSES, ids=lambda error: error.__name__)
def test_every_class_survives_copying_and_pickling(error):
    """Batch work brings errors back from other processes."""
    problem = error("deadline.open", code=1, sid="s", host="h", seconds=2.0, option="open-timeout")
    for other in (copy.copy(problem), pickle.loads(pickle.dumps(problem))):  # noqa: S301
        assert type(other) is error
        assert other.lines() == problem.lines()


def test_without_facts_there_are_two_lines_and_nothing_is_retried():
    problem = SparkError("connection.lost")
    assert len(problem.lines()) == 2
    assert (problem.retryable, problem.code, problem.sid, problem.detail) == (False, None, "", "")


def test_a_code_of_zero_is_shown():
    assert SparkError("connection.lost", code=0).lines()[2] == "code 0"


def test_a_notebook_shows_the_lines_and_no_frames():
    assert SparkError("connection.lost", sid="cha1")._render_traceback_() == [
        "SparkError: The connection ended before the answer was complete.",
        "  What came so far is shown but not remembered. Run the cell again.",
        "  sid cha1",
    ]


def test_a_group_has_one_hint():
    """`deadline.open` has none of its own and takes `deadline.hint`."""
    problem = errors.DeadlineExceeded("deadline.open", host="h", seconds=10.0, option="open-timeout")
    assert problem.sentence == "h did not connect within 10 s."
    assert "--open-timeout" in problem.hint


def test_the_language_is_that_of_the_moment_it_is_shown():
    problem = SparkError("connection.lost")
    use_language("zh")
    assert "断开" in problem.sentence
    use_language("en")
    assert "ended" in problem.sentence


def test_braces_in_a_foreign_text_are_no_placeholders():
    problem = service_error(10110, "{host} {0} {", "{sid}")
    assert "{host} {0} {" in problem.sentence
    assert "{sid}" in str(problem)


def test_a_stop_is_a_keyboard_interrupt_of_one_line_and_no_error():
    """Queued cells stop for it; `except Exception` and `except SparkError` let it through."""
    stop = SparkInterrupted()
    assert isinstance(stop, KeyboardInterrupt)
    assert not isinstance(stop, Exception)
    assert stop._render_traceback_() == [f"SparkInterrupted: {stop}"]
    assert str(stop) == "Stopped. What came so far stays above; nothing is remembered."
    use_language("zh")
    assert "已停止" in stop._render_traceback_()[0]


def test_who_is_whose_kind():
    """A handler for the general catches the special."""
    for special, general in [
        (errors.CredentialsMissing, ConfigurationError),
        (errors.UnknownModel, ConfigurationError),
        (errors.HostRefused, ConfigurationError),
        (HandshakeRefused, ConnectionFailed),
        (CredentialsRefused, HandshakeRefused),
        (ClockSkew, HandshakeRefused),
        *((c, ServiceError) for c in (errors.BadRequest, QuotaExceeded, RateLimited, Moderated, ServiceBusy)),
    ]:
        assert issubclass(special, general)
    assert all(issubclass(c, SparkError) for c in CLASSES)


# foreign texts


@pytest.mark.parametrize(
    "text",
    [
        KEY,
        f"apikey: {KEY}",
        f"{{'{KEY}'}}",
        f"x={KEY}&y",
        f"{KEY}\n{KEY}",
        f"\x1b[31m{KEY}\x1b[0m",
        "a" * 290 + " " + KEY,
    ],
)
def test_anything_like_a_key_is_masked(text):
    shown = masked_text(text)
    assert KEY not in shown
    assert KEY[:16] not in shown
    assert "****" in shown


@given(st.text(max_size=2000))
def test_a_foreign_text_is_printable_one_line_and_short(text):
    shown = masked_text(text)
    assert shown.isprintable()
    assert len(shown) <= 301


@given(st.text(alphabet=" ab\n", max_size=40), st.text(alphabet=" ab\n", max_size=40))
def test_a_key_between_other_words_is_never_shown(before, after):
    assert KEY not in masked_text(f"{before} {KEY} {after}")


def test_terminal_escapes_and_direction_marks_are_gone():
    assert masked_text("a\x1b[2Jb\u202ec\u2066d\x00e\r\nf\u200bg") == "a [2Jb c d e f g"


def test_ordinary_words_stay():
    text = "SchemaCheck:(10:00:00.000) '$.header.uid' length must be less or equal than 32 你好"
    assert masked_text(text) == text


@pytest.mark.parametrize("name", ["AppIdNoAuthError", "AppIdQpsOverFlowError", "SchemaCheckError"])
def test_the_vendors_error_names_stay(name):
    """They are what users search the web for (protocol page, 4.5)."""
    assert name in masked_text(f"{name}:(10:00:00.000) tokens.total")


def test_a_sid_is_printable_and_short():
    problem = SparkError("connection.lost", sid="cha\x1b[2J\n\u202e" + "x" * 200)
    assert problem.sid.isprintable()
    assert len(problem.sid) == 64
    assert len(problem.lines()) == 3


# the vendor's codes


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("name", LANGUAGES)
def test_every_code_has_a_sentence_and_advice_of_its_own(code, name):
    use_language(name)
    problem = service_error(code, "", "cha1")
    assert has(f"service.{code}")
    assert problem.key == f"service.{code}"
    assert type(problem) is CODES[code].error
    assert problem.retryable is CODES[code].retryable
    assert len(problem.lines()) == 3
    assert all(problem.lines())
    assert problem.lines()[2] == f"code {code} · sid cha1"


def test_the_classes_and_retries_of_the_codes_people_meet():
    expected = {
        10013: (Moderated, False),
        10014: (Moderated, False),
        10015: (QuotaExceeded, False),
        10907: (errors.BadRequest, False),
        11200: (QuotaExceeded, False),
        11201: (QuotaExceeded, False),
        11202: (RateLimited, True),
        11203: (RateLimited, True),
        11210: (RateLimited, False),
        10110: (ServiceBusy, True),
        10017: (ServiceBusy, False),
        10404: (errors.BadRequest, False),
    }
    assert {code: (CODES[code].error, CODES[code].retryable) for code in expected} == expected
    assert 0 not in CODES


def test_what_the_service_says_itself_is_shown_behind_our_sentence():
    assert service_error(10110, "busy now", "").sentence == "The service is busy. (busy now)"
    assert service_error(10110, "", "").sentence == "The service is busy."
    assert KEY not in str(service_error(10110, f"no such {KEY}", ""))


@pytest.mark.parametrize("code", [1, -1, 99999, 2**70])
def test_an_unknown_code_is_a_plain_service_error_that_is_not_retried(code):
    problem = service_error(code, "new", "cha1")
    assert type(problem) is ServiceError
    assert not problem.retryable
    assert f"code={code}" in problem.hint
    assert problem.lines()[2] == f"code {code} · sid cha1"


# the handshake

BODIES_401 = [
    ('{"message":"Unauthorized"}', "handshake.unsigned", "no_proxy"),
    ("", "handshake.unsigned", "no_proxy"),
    ('{"message":"HMAC signature cannot be verified"}', "handshake.key", "swapped"),
    ('{"message":"HMAC signature cannot be verified: fail to retrieve credential"}', "handshake.key", "swapped"),
    ('{"message":"HMAC signature cannot be verified: apikey not found"}', "handshake.key", "swapped"),
    (f'{{"message":"HMAC signature cannot be verified: apikey: {KEY}"}}', "handshake.key", "swapped"),
    ('{"message":"HMAC signature does not match"}', "handshake.secret", "same app"),
]


@pytest.mark.parametrize(("body", "key", "advice"), BODIES_401)
@pytest.mark.parametrize("name", LANGUAGES)
def test_401_tells_its_three_causes_apart(body, key, advice, name):
    problem = refused(401, body)
    assert type(problem) is CredentialsRefused
    assert problem.key == key
    assert not problem.retryable
    assert advice in problem.hint
    assert KEY not in str(problem)
    use_language(name)
    assert problem.sentence.startswith("401")
    assert all(problem.lines())


def test_401_says_where_the_keys_came_from():
    assert "Both come from the environment." in refused(401, "HMAC signature does not match").hint
    assert "Both come from the environment." in refused(401, "HMAC signature cannot be verified").hint


DATES_403 = [
    "HMAC signature cannot be verified, a valid date or x-date header is required for HMAC Authentication",
    "HMAC signature does not match, a valid date or x-date header is required for HMAC Authentication",
]


@pytest.mark.parametrize("body", DATES_403)
@pytest.mark.parametrize(
    ("offset", "english", "chinese"),
    [
        (-600, "clock is 10 min ahead of the server's", "快 10 分钟"),
        (600, "clock is 10 min behind the server's", "慢 10 分钟"),
        (-301, "clock is 5 min ahead of the server's", "快 5 分钟"),
        (86_400, "clock is 1440 min behind the server's", "慢 1440 分钟"),
    ],
)
def test_403_tells_how_far_the_clock_is_off_and_which_way(body, offset, english, chinese):
    problem = refused(403, body, date=formatdate(NOW + offset, usegmt=True))
    assert type(problem) is ClockSkew
    assert problem.offset == offset
    assert english in problem.sentence
    use_language("zh")
    assert chinese in problem.sentence


@pytest.mark.parametrize("date", ["", "yesterday", "Fri, 99 Foo 2023", "2023-05-05T10:43:39Z", "\x00", "9" * 400])
def test_403_without_a_date_anybody_can_read_is_still_about_the_clock(date):
    problem = refused(403, DATES_403[0], date=date)
    assert type(problem) is ClockSkew
    assert problem.offset is None
    assert problem.key == "handshake.date"
    assert all(problem.lines())


@given(st.text(max_size=60))
def test_no_date_header_breaks_the_error(date):
    assert str(refused(403, DATES_403[0], date=date))


@pytest.mark.parametrize("year", ["0001", "9999"])
@pytest.mark.parametrize("zone", ["GMT", "-0000", "+2359", "-2359"])
def test_no_year_in_a_date_header_breaks_the_error(year, zone):
    assert str(refused(403, DATES_403[0], date=f"Mon, 01 Jan {year} 00:00:00 {zone}"))


def test_403_for_another_reason_is_not_about_the_clock():
    problem = refused(403, '{"message":"Your IP address is not allowed"}', date=formatdate(NOW - 900, usegmt=True))
    assert type(problem) is HandshakeRefused
    assert "Your IP address is not allowed" in problem.sentence
    assert not problem.retryable


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_refused_and_not_retried(status):
    problem = refused(status)
    assert problem.key == "handshake.redirect"
    assert problem.sentence.startswith(str(status))
    assert not problem.retryable


@pytest.mark.parametrize(("status", "retryable"), [(500, True), (502, True), (503, True), (429, True), (404, False)])
def test_only_5xx_and_429_are_worth_a_second_try(status, retryable):
    problem = refused(status, f"<html>Bad Gateway\n{KEY}</html>")
    assert type(problem) is HandshakeRefused
    assert problem.retryable is retryable
    assert f"spark-api.xf-yun.com answered {status}" in problem.sentence
    assert KEY not in str(problem)
    assert len(problem.lines()) == 2


def test_a_refused_handshake_keeps_its_status():
    for status in (302, 401, 403, 404, 500):
        assert refused(status, "nothing known").values["status"] == status


def test_part_sentences_survive_pickling():
    """The direction of a clock is said in the language of the moment, after a journey to another process, too."""
    problem = refused(403, DATES_403[0], date=formatdate(NOW + 600, usegmt=True))
    other = pickle.loads(pickle.dumps(problem))  # noqa: S301
    assert other.offset == 600
    assert other.lines() == problem.lines()


@pytest.mark.parametrize(
    "date", ["Fri, 05 May 99999999999999999999 10:43:39 GMT", "Fri, 05 May 2023 10:43:39 -0000", "", "x", "1"]
)
def test_a_servers_date_nobody_can_use_says_nothing_of_the_clock(date):
    refusal = refused(403, DATES_403[0], date=date)
    assert isinstance(refusal, ClockSkew)
    assert refusal.key == "handshake.date"


def test_a_clock_that_is_right_is_not_called_wrong():
    refusal = refused(403, DATES_403[0], date=formatdate(NOW + 5, usegmt=True))
    assert refusal.key == "handshake.date"


def test_what_a_server_echoes_of_a_secret_is_withheld():
    """In a sid, too, which nothing else masks: the vendor's own look like keys."""
    problem = SparkError("protocol.invalid", sid="my:secret:key", detail="you sent my:secret:key")
    problem.withhold(["my:secret:key", ""])
    assert "secret" not in str(problem)
    assert problem.sid == "****"


@pytest.mark.parametrize("row", ["\\" * 200_000, "&#" + "1" * 5000, "&#" + "0" * 5000])
def test_words_that_are_costly_to_undo_are_looked_through_at_once(row):
    key = "c33f73ef" * 4
    assert not repeats(row, key)
    assert repeats(f"{row};" + "".join(f"&#{ord(letter):06};" for letter in key), key)


def test_a_key_cut_in_two_is_masked_as_well():
    key = "c33f73ef" * 4
    for blanks in (1185, 65536 - 20):
        assert "c33f73ef" not in masked_text(" " * blanks + key)


def test_an_address_in_a_message_stays_readable():
    assert "/v1.1/chat_multilang" in masked_text("no route for /v1.1/chat_multilang")
