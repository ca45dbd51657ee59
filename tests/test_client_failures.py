"""How a stream fails: each cause has its error, and what is wrong on our side is told before anything is sent."""

import subprocess
import sys
from dataclasses import replace

import pytest
from asking import at, client_of, events_of, question, text_of

from spark_magic.client import Client, call, checked_parameters
from spark_magic.credentials import Credentials
from spark_magic.errors import (
    AnswerTooLarge,
    BadRequest,
    ConfigurationError,
    ConnectionFailed,
    ConnectionLost,
    CredentialsRefused,
    DeadlineExceeded,
    HandshakeRefused,
    HostRefused,
    Moderated,
    ProtocolError,
    QuotaExceeded,
    RateLimited,
    ServiceBusy,
    ServiceError,
    SparkError,
)
from spark_magic.models import find
from spark_magic.sandbox import API_KEY, API_SECRET, APP_ID
from spark_magic.target import Limits, Parameters, Target

# what fails, and how


@pytest.mark.parametrize(
    ("code", "kind", "retryable"),
    [
        (10003, BadRequest, False),
        (10404, BadRequest, False),
        (10907, BadRequest, False),
        (10013, Moderated, False),
        (10014, Moderated, False),
        (11200, QuotaExceeded, False),
        (11202, RateLimited, True),
        (11203, RateLimited, True),
        (10008, ServiceBusy, True),
        (10110, ServiceBusy, True),
        (99999, ServiceError, False),
    ],
)
@pytest.mark.parametrize("after", ["", " after 2"])
def test_an_error_code_is_an_error_of_its_class(gateway, code, kind, retryable, after):
    """Also after partial text, which has been given out by then."""
    client, seen = client_of(gateway, limits=Limits(retries=0)), []
    with pytest.raises(SparkError) as caught:
        seen.extend(client.stream(question(f"sandbox: error {code}{after}")))
    assert type(caught.value) is kind
    assert (caught.value.code, caught.value.retryable) == (code, retryable)
    assert caught.value.sid
    assert bool(text_of(seen)) == bool(after)
    assert gateway.wait_until(lambda: gateway.open_connections == 0)


@pytest.mark.parametrize(
    ("directive", "kind"),
    [
        ("close", ConnectionLost),
        ("close after 2", ConnectionLost),
        ("close 1011 after 2", ConnectionLost),
        ("drop", ConnectionLost),
        ("drop after 2", ConnectionLost),
        ("raw no JSON", ProtocolError),
        ("raw {}", ProtocolError),
        ('raw {"header":{"code":0,"sid":"s"}}', ProtocolError),
        ("nonsense", BadRequest),
    ],
)
def test_an_answer_that_is_none(gateway, directive, kind):
    with pytest.raises(kind):
        events_of(gateway, f"sandbox: {directive}")
    assert gateway.wait_until(lambda: gateway.open_connections == 0)


@pytest.mark.parametrize(
    ("limits", "text", "kind", "phase"),
    [
        (Limits(first_timeout=0.2), "sandbox: delay 3", DeadlineExceeded, "first"),
        (Limits(idle_timeout=0.2), "sandbox: stall after 1", DeadlineExceeded, "idle"),
        (Limits(total_timeout=0.3), "sandbox: count 1000 rate 20", DeadlineExceeded, "total"),
        (Limits(max_bytes=2000), "sandbox: count 1000", AnswerTooLarge, None),
    ],
)
def test_limits_hold(gateway, limits, text, kind, phase):
    with pytest.raises(kind) as caught:
        events_of(gateway, text, limits=limits)
    assert caught.value.values.get("phase") == phase
    assert gateway.wait_until(lambda: gateway.open_connections == 0)


@pytest.mark.parametrize(
    ("key", "secret", "said"), [("x" * 32, API_SECRET, "APIKey"), (API_KEY, "x" * 32, "APISecret")]
)
def test_refused_credentials_say_which_and_where_they_came_from(gateway, key, secret, said):
    client = Client(at(gateway), Credentials.of(APP_ID, key, secret, source="the test"))
    with pytest.raises(CredentialsRefused) as caught:
        list(client.stream(question("hi")))
    assert said in caught.value.sentence
    assert "api_key: the test" in caught.value.hint
    assert "x" * 32 not in str(caught.value)
    assert gateway.requests == []


def test_a_path_nobody_serves_is_refused_by_the_handshake(gateway):
    target = at(gateway)
    lost = replace(target, model=replace(target.model, url=target.model.url + "/nowhere"))
    with pytest.raises(HandshakeRefused, match="404"):
        list(Client(lost, gateway.credentials).stream(question("hi")))


def test_nobody_listens(gateway):
    target = at(gateway)
    gateway.stop()
    with pytest.raises(ConnectionFailed):
        list(Client(target, gateway.credentials).stream(question("hi")))


def test_after_every_failure_the_next_question_is_answered(gateway):
    client = client_of(gateway)
    for directive in ("error 11200", "drop after 1", "raw {}", "close 1011"):
        with pytest.raises(SparkError):
            list(client.stream(question(f"sandbox: {directive}")))
        assert text_of(client.stream(question("sandbox: say clean"))) == "clean"


# checked before anything is sent


@pytest.mark.parametrize(
    "url",
    [
        "wss://spark-api.xf-yun.com/v4.0/chat",
        "wss://a.b.xf-yun.com/x",
        "ws://localhost:1/x",
        "ws://127.0.0.1:1/x",
        "ws://[::1]:1/x",
    ],
)
def test_keys_go_to_the_vendor_and_to_this_machine(monkeypatch, url):
    reached = signed_for(monkeypatch)
    target = Target(replace(find("ultra"), url=url))
    with pytest.raises(SparkError):
        list(Client(target, Credentials.of("a", "b", "c")).stream(question("hi")))
    assert reached == [url]


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("wss://example.com/v4.0/chat", HostRefused),
        ("wss://xf-yun.com.example.com/v4.0/chat", HostRefused),
        ("wss://localhost.example.com/x", HostRefused),
        ("ws://spark-api.xf-yun.com/v4.0/chat", ConfigurationError),
        ("ws://trusted.example/x", ConfigurationError),
        ("https://spark-api.xf-yun.com/v4.0/chat", ConfigurationError),
        ("wss://user@spark-api.xf-yun.com/v4.0/chat", ConfigurationError),
        ("wss://spark-api.xf-yun.com/v4.0/chat?x=1", ConfigurationError),
    ],
)
def test_keys_go_nowhere_else(monkeypatch, url, kind):
    reached = signed_for(monkeypatch)
    target = Target(replace(find("ultra"), url=url), allowed_hosts=("trusted.example",))
    with pytest.raises(kind):
        list(Client(target, Credentials.of("a", "b", "c")).stream(question("hi")))
    assert reached == []


def signed_for(monkeypatch):
    """Return the addresses that get a signature, and let it end there: the connection itself is out of reach here."""
    addresses = []

    def refuse(url, *_):
        addresses.append(url)
        raise ConnectionLost("connection.lost")

    monkeypatch.setattr(call, "sign_url", refuse)
    return addresses


def test_an_allowed_host_gets_them_encrypted(monkeypatch):
    opened = signed_for(monkeypatch)
    target = Target(replace(find("ultra"), url="wss://trusted.example/x"), allowed_hosts=("Trusted.Example",))
    with pytest.raises(SparkError):
        list(Client(target, Credentials.of("a", "b", "c")).stream(question("hi")))
    assert opened == ["wss://trusted.example/x"]


@pytest.mark.parametrize(
    "parameters",
    [
        Parameters(temperature=-0.1),
        Parameters(temperature=1.1),
        Parameters(temperature=float("nan")),
        Parameters(top_k=0),
        Parameters(top_k=7),
        Parameters(max_tokens=0),
        Parameters(temperature="0.5"),
        Parameters(temperature=True),
        Parameters(top_k=2.0),
        Parameters(max_tokens="9"),
    ],
)
def test_a_parameter_out_of_range_is_refused_before_anything_is_sent(gateway, parameters):
    with pytest.raises(ConfigurationError, match=r"out of range|is a number"):
        events_of(gateway, "hi", parameters=parameters)
    assert gateway.handshakes == 0


@pytest.mark.parametrize(
    ("alias", "asked", "sent"),
    [("ultra", 0, 0.01), ("x1", 0, 0.01), ("x1", 2, 2), ("ultra", 1, 1), ("ultra", None, None)],
)
def test_temperature_zero_is_sent_as_the_smallest_the_model_takes(alias, asked, sent):
    assert checked_parameters(find(alias), Parameters(temperature=asked)).temperature == sent


def test_a_question_that_is_no_text_is_refused_before_anything_is_sent(gateway):
    with pytest.raises(SparkError, match="surrogate"):
        events_of(gateway, "half a \ud83d")
    assert gateway.handshakes == 0


# the library it stands on


def test_the_old_package_in_websocket_clients_place_is_named(tmp_path, gateway):
    """`pip install websocket` installs an abandoned package of the same import name."""
    (tmp_path / "websocket").mkdir()
    (tmp_path / "websocket" / "__init__.py").write_text("class WebSocket:\n    pass\n", encoding="utf-8")
    assert "websocket-client" in shadowed(tmp_path, gateway)


def test_a_script_of_that_name_is_named_as_well(tmp_path, gateway):
    (tmp_path / "websocket.py").write_text("print('my own script')\n", encoding="utf-8")
    shown = shadowed(tmp_path, gateway)
    assert str(tmp_path / "websocket.py") in shown


def shadowed(folder, box):
    """Ask in a process where `folder` comes first; return the error it must end with."""
    code = f"""
import sys
sys.path.insert(0, {str(folder)!r})
from dataclasses import replace
import spark_magic
from spark_magic.models import find
from spark_magic.target import Target
target = Target(replace(find("ultra"), url={box.url()!r}))
client = spark_magic.Client(target, spark_magic.Credentials.of({APP_ID!r}, {API_KEY!r}, {API_SECRET!r}))
try:
    list(client.stream([spark_magic.Message("user", "hi")]))
except spark_magic.SparkError as problem:
    print(type(problem).__name__, problem)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "ConfigurationError" in done.stdout
    assert "pip uninstall websocket" in done.stdout
    assert box.handshakes == 0
    return done.stdout
