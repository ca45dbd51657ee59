"""A question finds its way through the environment's proxy in time, and the proxy's password finds no way out."""

import _thread
import logging
import math
import os
import re
import socket
import struct
import subprocess
import sys
import threading
import time
import traceback
import tracemalloc
from contextlib import contextmanager
from urllib.parse import quote

import pytest
import trustme
import websocket
from canaries import leaked
from network import (
    LONG,
    SHORT,
    ConnectProxy,
    Origin,
    SocksProxy,
    connection,
    echoing,
    first_frame,
    listening,
    read_head,
    trusting,
)

from spark_magic.errors import ConfigurationError, ConnectionFailed, ConnectionLost, DeadlineExceeded, SparkError
from spark_magic.secret import Secret
from spark_magic.transport.deadline import Deadline
from spark_magic.transport.dial import dial
from spark_magic.transport.proxy import proxy_for

HOST = "spark.test"  # known to the proxies alone
USER, PASSWORD = "canary-user-51c0de77", "Can4ry@/:%#?hünter-9f3c7b21e4"
PLAIN = "Can4ry@/:%#?hunter-9f3c7b21e4"  # SOCKS takes ASCII
KINDS = {"http": ConnectProxy, "socks5h": SocksProxy}
PASSWORDS = {"http": PASSWORD, "socks5h": PLAIN}
CANARIES = {"user": USER, "password": PASSWORD, "plain": PLAIN}
VARIABLES = ("https_proxy", "all_proxy", "http_proxy", "no_proxy")
SOCKS = ["socks4", "socks4a", "socks5", "socks5h"]


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch):
    """Begin without the developer's own proxies."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture(autouse=True)
def names(monkeypatch):
    """The names that were looked up; the origin's has the address of this machine for those who ask."""
    asked, real = [], socket.getaddrinfo

    def look_up(host, port, *args, flags=0, **options):
        if flags & socket.AI_NUMERICHOST:
            return real(host, port, *args, flags=flags, **options)
        asked.append(host)
        return real("127.0.0.1" if host == HOST else host, port, *args, flags=flags, **options)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return asked


@pytest.fixture
def authority(tmp_path, monkeypatch):
    """A certificate authority of our own that the environment trusts."""
    made = trustme.CA()
    made.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    return made


@pytest.fixture
def origin(authority):
    """The port of the server that the questions are for."""
    with echoing(trusting(authority, HOST)) as port:
        yield port


@pytest.fixture
def through(monkeypatch):
    """Return a context that puts a proxy into the environment, and gives it."""

    @contextmanager
    def begin(proxy, scheme="http", who="", variable="https_proxy"):
        with listening(proxy) as port:
            monkeypatch.setenv(variable, f"{scheme}://{who}127.0.0.1:{port}")
            yield proxy

    return begin


def who(user=USER, password=PASSWORD):
    return f"{user}:{quote(password, safe='')}@"


def strict(scheme, port):
    """A proxy that wants user and password."""
    return KINDS[scheme](port, USER, PASSWORDS[scheme])


def ask(opened, port=443):
    opened.open(Secret(f"wss://{HOST}:{port}/chat?authorization=1"))
    opened.send(b"q")
    return first_frame(opened)


def failure(opened, kind=ConnectionFailed):
    with pytest.raises(kind) as end:
        ask(opened)
    return end.value


@pytest.mark.parametrize("variable", ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"])
def test_a_question_goes_through_connect_and_the_name_is_the_proxys_to_look_up(origin, through, names, variable):
    with through(ConnectProxy(origin), variable=variable) as proxy, connection() as opened:
        assert ask(opened) == b"q"
    assert proxy.asked == [(HOST, 443)]
    assert HOST not in names


@pytest.mark.parametrize("scheme", SOCKS)
def test_a_question_goes_through_socks_and_the_scheme_says_who_looks_the_name_up(origin, through, names, scheme):
    proxys = scheme in {"socks4a", "socks5h"}
    with through(SocksProxy(origin), scheme) as proxy, connection() as opened:
        assert ask(opened) == b"q"
    assert proxy.asked == [(HOST if proxys else "127.0.0.1", 443)]
    assert (HOST in names) is not proxys


@pytest.mark.parametrize("scheme", ["http", "socks5h"])
def test_the_proxy_is_told_user_and_password(origin, through, scheme):
    with through(strict(scheme, origin), scheme, who(password=PASSWORDS[scheme])), connection() as opened:
        assert ask(opened) == b"q"


@pytest.mark.parametrize(
    "granted",
    [
        b"HTTP/1.0 200 OK\r\n\r\n",
        b"HTTP/1.1 200\r\nVia: x\r\nProxy-Agent: y\r\n\r\n",
        b"HTTP/1.1 200 Connection established\n\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 10_000 + b"\r\n\r\n",
    ],
)
def test_a_proxy_may_say_yes_in_many_ways(origin, through, granted):
    with through(ConnectProxy(origin, granted=granted)), connection() as opened:
        assert ask(opened) == b"q"


@pytest.mark.parametrize("scheme", KINDS)
@pytest.mark.parametrize(("name", "trusted"), [(HOST, False), ("other.test", True), ("127.0.0.1", True)])
def test_an_impostor_behind_the_proxy_learns_nothing(authority, through, scheme, name, trusted):
    """Neither one whose authority nobody trusts, nor one with a good certificate of another host or the proxy's own."""
    impostor = Origin(trusting(authority if trusted else trustme.CA(), name))
    with listening(impostor) as port, through(KINDS[scheme](port), scheme), connection() as opened:
        failed = failure(opened)
    assert failed.key == "connect.tls"
    assert HOST in failed.sentence
    assert impostor.connections == 1
    assert impostor.seen == b""


def test_the_proxy_itself_learns_the_hosts_name_and_no_more(origin, through):
    """Everything it carries is TLS: neither the question nor the signed address is in it."""
    carried = bytearray()

    class Nosy(ConnectProxy):
        def __call__(self, client):
            super().__call__(Ear(client))

    class Ear:
        def __init__(self, client):
            self._client = client

        def __getattr__(self, name):
            return getattr(self._client, name)

        def recv(self, *args):
            data = self._client.recv(*args)
            carried.extend(data)
            return data

    with through(Nosy(origin)), connection() as opened:
        assert ask(opened) == b"q"
    assert carried.startswith(b"CONNECT spark.test:443 HTTP/1.1\r\n")
    assert b"authorization" not in carried
    assert b"GET" not in carried


# Which way: the environment's own words.


@pytest.mark.parametrize(
    ("listed", "host", "direct"),
    [
        ("", "spark-api.xf-yun.com", False),
        ("*", "spark-api.xf-yun.com", True),
        ("example.org, *", "spark-api.xf-yun.com", True),
        (".xf-yun.com", "spark-api.xf-yun.com", True),
        ("xf-yun.com", "spark-api.xf-yun.com", True),
        ("*.xf-yun.com", "spark-api.xf-yun.com", True),
        ("localhost,127.0.0.1 ,  .XF-Yun.com", "Spark-API.xf-yun.com", True),
        ("localhost .xf-yun.com", "spark-api.xf-yun.com", True),
        ("spark-api.xf-yun.com", "spark-api.xf-yun.com", True),
        ("spark-api.xf-yun.com:443", "spark-api.xf-yun.com", True),
        (".xf-yun.com:443", "spark-api.xf-yun.com", True),
        ("spark-api.xf-yun.com:8443", "spark-api.xf-yun.com", False),
        ("*:8443", "spark-api.xf-yun.com", False),
        ("f-yun.com", "spark-api.xf-yun.com", False),
        ("xf-yun.com", "evilxf-yun.com", False),
        ("xf-yun.com", "xf-yun.com.evil.org", False),
        ("spark-api", "spark-api.xf-yun.com", False),
        (".", "spark-api.xf-yun.com", False),
        (",, ,", "spark-api.xf-yun.com", False),
        ("10.1.2.3", "10.1.2.3", True),
        ("10.1.2.3:443", "10.1.2.3", True),
        ("10.0.0.0/8", "10.1.2.3", True),
        ("10.0.0.1/8", "10.1.2.3", True),
        ("10.0.0.0/8", "11.1.2.3", False),
        ("10.0.0.0/8", "10.1.2.3.example.org", False),
        ("10.0.0.0/99", "10.1.2.3", False),
        ("fd00::/8", "fd00::1", True),
        ("fd00::1", "fd00:0::1", True),
        ("[fd00::1]:443", "fd00::1", True),
        ("[fd00::1]:8443", "fd00::1", False),
        ("fd00::/8", "10.1.2.3", False),
    ],
)
def test_no_proxy_lists_hosts_in_the_usual_ways(monkeypatch, listed, host, direct):
    monkeypatch.setenv("https_proxy", "http://proxy.test:3128")
    monkeypatch.setenv("no_proxy", listed)
    assert (proxy_for(host, 443) is None) is direct


def test_the_lower_case_no_proxy_wins(monkeypatch):
    monkeypatch.setenv("https_proxy", "http://proxy.test:3128")
    monkeypatch.setenv("NO_PROXY", HOST)
    assert proxy_for(HOST, 443) is None
    if os.name != "nt":  # there the two are one
        monkeypatch.setenv("no_proxy", "other.test")
        assert proxy_for(HOST, 443) is not None


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.8.8", "::1"])
def test_this_machine_is_reached_without_a_proxy(monkeypatch, host):
    monkeypatch.setenv("https_proxy", "http://proxy.test:3128")
    assert proxy_for(host, 443) is None


@pytest.mark.parametrize(
    ("environment", "place"),
    [
        ({}, None),
        ({"http_proxy": "http://a:1"}, None),
        ({"https_proxy": ""}, None),
        ({"https_proxy": " "}, None),
        ({"https_proxy": "http://a:1", "HTTPS_PROXY": "http://b:2"}, "http a:1"),
        ({"https_proxy": "http://a:1", "all_proxy": "socks5://b:2"}, "http a:1"),
        ({"https_proxy": "", "ALL_PROXY": "socks5://b:2"}, "socks5 b:2"),
        ({"HTTPS_PROXY": "a:1"}, "http a:1"),
        ({"https_proxy": "http://proxy.test"}, "http proxy.test:80"),
        ({"https_proxy": "http://proxy.test:3128/"}, "http proxy.test:3128"),
        ({"https_proxy": "HTTP://Proxy.test:3128"}, "http proxy.test:3128"),
        ({"https_proxy": "socks5h://proxy.test"}, "socks5h proxy.test:1080"),
        ({"https_proxy": "http://[fd00::1]:3128"}, "http [fd00::1]:3128"),
        ({"https_proxy": f"{who()}a:1"}, "http a:1"),
        ({"https_proxy": "http://user:p@ss@a:1"}, "http a:1"),
    ],
)
def test_the_environment_names_the_proxy(monkeypatch, environment, place):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    found = proxy_for("spark-api.xf-yun.com", 443)
    assert (found and f"{found.scheme} {found.place}") == place


def test_a_host_that_no_proxy_lists_is_reached_directly(origin, through, monkeypatch):
    monkeypatch.setenv("no_proxy", ".test")
    with through(ConnectProxy(origin)) as proxy, connection() as opened:
        assert ask(opened, origin) == b"q"
    assert proxy.asked == []


UNREADABLE = [
    "http://",
    f"http://{USER}:{PASSWORD}",
    f"http://{USER}:{PLAIN}",
    f"http://{USER}:{PLAIN}@proxy.test:3128",  # `/`, `#` and `?` unencoded
    f"http://{who()}proxy.test:{PLAIN.partition('/')[0]}",
    f"http://{who()}proxy.test:99999",
    f"http://{who()}[proxy.test",
    f"http://{who()}:3128",
    f"http://proxy.test:3128/{PLAIN}",
    f"{USER}:{PLAIN}://proxy.test",
    f"https://{who()}proxy.test:3128",
    f"socks://{who()}proxy.test:3128",
    f"ftp://{who()}proxy.test",
    f"http://{USER}%3A:{quote(PASSWORD, safe='')}@proxy.test:3128",
    f"socks5h://{who(password=PASSWORD)}proxy.test",
    f"socks5h://{who(password=PLAIN * 10)}proxy.test",
    f"socks4://{USER}%00:{quote(PLAIN, safe='')}@proxy.test",
]


@pytest.mark.parametrize("address", UNREADABLE)
@pytest.mark.usefixtures("authority")
def test_a_proxy_that_cannot_be_used_is_told_by_its_variable_alone(monkeypatch, names, address):
    monkeypatch.setenv("https_proxy", address)
    with connection() as opened:
        failed = failure(opened, ConfigurationError)
    assert "https_proxy" in failed.sentence
    assert names == []
    assert not secrets_in(failed)


@pytest.mark.parametrize(
    ("address", "key", "told"),
    [
        ("https://proxy.test:3128", "proxy.tls", ["https://", "proxy.test"]),
        ("socks://proxy.test", "proxy.scheme", ["socks://", "proxy.test", "socks5h"]),
        ("http://proxy.test:x", "proxy.invalid", ["https_proxy"]),
        ("socks5://ü:p@proxy.test", "proxy.credentials", ["socks5://", "proxy.test"]),
    ],
)
def test_what_is_not_supported_is_said(monkeypatch, address, key, told):
    monkeypatch.setenv("https_proxy", address)
    with pytest.raises(ConfigurationError) as end:
        proxy_for(HOST, 443)
    assert end.value.key == key
    assert [word for word in told if word not in str(end.value)] == []


# Without the extra.


@pytest.mark.usefixtures("authority")
def test_a_proxy_without_its_library_is_told_before_anything_is_opened(monkeypatch, through):
    monkeypatch.setitem(sys.modules, "python_socks", None)
    monkeypatch.delitem(sys.modules, "spark_magic.transport.tunnel", raising=False)
    called = threading.Event()
    with through(lambda _: called.set(), who=who()), connection() as opened:
        failed = failure(opened, ConfigurationError)
    assert failed.key == "proxy.missing"
    assert "pip install 'iflytek-spark-magic[proxy]'" in failed.hint
    assert "no_proxy=.xf-yun.com" in failed.hint
    assert not called.is_set()
    assert not secrets_in(failed)


def test_an_old_library_is_as_good_as_none(monkeypatch, origin, through):
    from spark_magic.transport import tunnel

    def without_chains(*_, **options):
        raise TypeError(*options)

    monkeypatch.setattr(tunnel, "Proxy", without_chains)
    with through(ConnectProxy(origin), who=who()), connection() as opened:
        failed = failure(opened, ConfigurationError)
    assert failed.key == "proxy.missing"
    assert not secrets_in(failed)


def test_without_a_proxy_the_library_is_not_asked_for():
    """websocket-client loads it where it is installed; here it is not."""
    program = (
        "import sys; sys.modules['python_socks'] = None\n"
        "import spark_magic.transport.dial, spark_magic.transport.connection\n"
        "print('spark_magic.transport.tunnel' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


# A proxy that does not want to, or does not know how.


def saying(reply):
    """A proxy that answers anything with `reply`, whatever of the request is in it, and waits."""

    def answer(client):
        request = read_head(client).decode("latin-1")
        basic = re.search("Basic (.*)\r", request)
        echoed = f"{USER}:{PASSWORD} {PASSWORD} {basic and basic[1]}"
        client.sendall(reply.replace(b"ECHO", echoed.encode()))
        client.recv(1)

    return answer


REFUSALS = {
    "407": (b"HTTP/1.1 407 ECHO\r\nX: ECHO\r\n\r\nECHO", "proxy.authentication", False, "407"),
    "403": (b"HTTP/1.1 403 ECHO\r\n\r\nECHO", "proxy.denied", False, "403 Forbidden"),
    "302": (b"HTTP/1.1 302 Found\r\nLocation: http://ECHO/\r\n\r\n", "proxy.denied", False, "302 Found"),
    "502": (b"HTTP/1.1 502 ECHO\r\n\r\n", "proxy.denied", True, "502 Bad Gateway"),
    "599": (b"HTTP/1.1 599 ECHO\r\n\r\n", "proxy.denied", True, "599"),
    "a word for a status": (b"HTTP/1.1 ECHO ECHO\r\n\r\n", "proxy.broken", True, "HTTP"),
    "one word": (b"ECHO\r\n\r\n", "proxy.broken", True, "HTTP"),
    "nothing": (b"\r\n\r\n", "proxy.broken", True, "HTTP"),
    "not even Unicode": (b"HTTP/1.1 \xff\xfe\r\n\r\n", "proxy.broken", True, "HTTP"),
}


@pytest.mark.parametrize("refusal", REFUSALS)
@pytest.mark.usefixtures("authority")
def test_a_refusal_names_the_proxy_and_its_status_and_repeats_nothing(through, refusal):
    reply, key, retryable, told = REFUSALS[refusal]
    with through(saying(reply), who=who()), connection() as opened:
        failed = failure(opened)
    assert failed.key == key
    assert failed.retryable is retryable
    assert told in failed.sentence
    assert "127.0.0.1:" in failed.sentence
    assert "no_proxy" in failed.hint
    assert not secrets_in(failed)


@pytest.mark.parametrize(("scheme", "code"), [("socks5h", 2), ("socks5h", 5), ("socks4a", 1)])
@pytest.mark.usefixtures("authority")
def test_a_refusal_of_socks_says_why(through, scheme, code):
    with through(SocksProxy(0, code=code), scheme, who(password=PLAIN)), connection() as opened:
        failed = failure(opened)
    assert failed.key == "proxy.denied"
    assert failed.retryable is (code == 5)
    assert re.search("not allowed by ruleset|refused by destination|rejected", failed.sentence)
    assert not secrets_in(failed)


@pytest.mark.parametrize("known", [PLAIN, ""])
@pytest.mark.usefixtures("authority")
def test_a_wrong_password_for_socks_is_told(through, known):
    with through(SocksProxy(0, USER, "right"), "socks5h", known and who(password=known)), connection() as opened:
        failed = failure(opened)
    assert failed.key == "proxy.denied"
    assert "uthentication" in failed.sentence
    assert not failed.retryable
    assert not secrets_in(failed)


@pytest.mark.parametrize("said", [b"", b"H", b"HTTP/1.1 200 OK\r\n", b"\x05"])
@pytest.mark.parametrize("scheme", ["http", *SOCKS])
@pytest.mark.usefixtures("authority")
def test_a_proxy_that_hangs_up_is_told(through, scheme, said):
    def hang_up(client):
        client.recv(65536)
        client.sendall(said)
        client.shutdown(socket.SHUT_WR)  # and wait: an end, no reset
        client.recv(1)

    with through(hang_up, scheme, who(password=PLAIN)), connection() as opened:
        failed = failure(opened)
    assert failed.key == "proxy.broken" or scheme.startswith("socks")
    assert failed.key in {"proxy.broken", "proxy.denied"}
    assert not secrets_in(failed)


@pytest.mark.parametrize("scheme", ["http", *SOCKS])
@pytest.mark.usefixtures("authority")
def test_a_proxy_that_resets_the_connection_is_told(through, scheme):
    def reset(client):
        client.recv(65536)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    with through(reset, scheme, who(password=PLAIN)), connection() as opened:
        failed = failure(opened)
    assert failed.key == "proxy.broken"
    assert failed.retryable
    assert not secrets_in(failed)


@pytest.mark.parametrize("scheme", SOCKS)
@pytest.mark.usefixtures("authority")
def test_another_kind_of_proxy_is_told(through, scheme):
    def answer(client):
        client.recv(65536)
        client.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        client.recv(1)

    with through(answer, scheme, who(password=PLAIN)), connection() as opened:
        assert failure(opened).key == "proxy.denied"


@pytest.mark.usefixtures("authority")
def test_a_proxy_that_is_not_there_is_told(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        place = f"127.0.0.1:{listener.getsockname()[1]}"
    monkeypatch.setenv("HTTPS_PROXY", f"http://{who()}{place}")
    with connection() as opened:
        failed = failure(opened)
    assert failed.key == "proxy.refused"
    assert failed.retryable
    assert place in failed.sentence
    assert "HTTPS_PROXY" in failed.sentence
    assert not secrets_in(failed)


@pytest.mark.usefixtures("authority")
def test_a_proxy_whose_name_nobody_knows_is_told(monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", f"http://{who()}no-such-proxy.invalid:3128")
    with connection() as opened:
        failed = failure(opened)
    assert failed.key == "proxy.dns"
    assert failed.retryable
    assert "no-such-proxy.invalid:3128" in failed.sentence
    assert not secrets_in(failed)


# Within its time, whatever the proxy does.


class Silent:
    """A proxy that listens, tells when it was asked, sends `drip` again and again, and sees the client leave."""

    def __init__(self, drip=b""):
        self.asked, self.left = threading.Event(), threading.Event()
        self._drip = drip

    def __call__(self, client):
        if client.recv(65536):
            self.asked.set()
        client.settimeout(0.05)
        while True:
            try:
                if not client.recv(65536):
                    break
            except TimeoutError:
                client.sendall(self._drip)
            except OSError:
                break
        self.left.set()


@pytest.mark.parametrize(("scheme", "drip"), [("http", b""), ("http", b"H"), ("socks5h", b"")])
@pytest.mark.usefixtures("authority")
def test_a_proxy_that_takes_too_long_is_left_in_time(through, scheme, drip):
    began = time.monotonic()
    with through(Silent(drip), scheme, who(password=PLAIN)) as proxy, connection(SHORT) as opened:
        failed = failure(opened, DeadlineExceeded)
        assert proxy.left.wait(5)
    assert time.monotonic() - began < 1.5
    assert failed.values["phase"] == "open"
    assert "127.0.0.1:" in failed.sentence
    assert not secrets_in(failed)


def talk(client):
    """Say yes and never come to the end of it."""
    read_head(client)
    client.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        client.sendall(b"x: y\r\n" * 1000)


@pytest.mark.usefixtures("authority")
def test_endless_headers_are_cut(through):
    with through(talk), connection() as opened:
        began = time.monotonic()
        failed = failure(opened)
        assert time.monotonic() - began < 1
    assert failed.key == "proxy.broken"


@pytest.mark.usefixtures("authority")
def test_endless_headers_take_no_memory(through):
    tracemalloc.start()
    try:
        with through(talk), connection() as opened:
            failure(opened)
        assert tracemalloc.get_traced_memory()[1] < 4 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("scheme", ["http", "socks5h"])
@pytest.mark.usefixtures("authority")
def test_another_thread_can_stop_it_while_the_proxy_is_silent(through, scheme):
    with through(Silent(), scheme, who(password=PLAIN)) as proxy, connection() as opened:
        stopped = []

        def stop():
            proxy.asked.wait(5)
            opened.stop()
            stopped.append(time.monotonic())

        thread = threading.Thread(target=stop)
        thread.start()
        failed = failure(opened, ConnectionLost)
        assert time.monotonic() - stopped[0] < 0.5
        thread.join()
        assert proxy.left.wait(5)
    assert not secrets_in(failed)


@pytest.mark.parametrize("scheme", ["http", "socks5h"])
@pytest.mark.usefixtures("authority")
def test_the_users_interrupt_is_noticed_while_the_proxy_is_silent(through, scheme):
    """As on Windows, where no signal wakes up a thread that waits for a socket."""
    with through(Silent(), scheme, who(password=PLAIN)) as proxy, connection() as opened:
        interrupted = []

        def interrupt():
            if proxy.asked.wait(5):
                interrupted.append(time.monotonic())
                _thread.interrupt_main()

        thread = threading.Thread(target=interrupt)
        thread.start()
        problem = failure(opened, KeyboardInterrupt)
        assert time.monotonic() - interrupted[0] < 0.5
        thread.join()
        assert proxy.left.wait(5)
    assert not secrets_in(problem)


# The password.


def secrets_in(problem):
    """What of user and password is in an error, all that it reaches and all that is shown of it."""
    shown = "".join(traceback.TracebackException.from_exception(problem, capture_locals=True).format())
    assert problem.__context__ is None
    assert problem.__cause__ is None
    lines = problem.lines() if isinstance(problem, SparkError) else []
    return leaked([problem, str(problem), repr(problem), lines, shown], CANARIES) & set(CANARIES)


@pytest.fixture
def loud(caplog, capsys):
    """Everything that is logged at DEBUG, the websocket library's trace among it, and everything printed."""
    caplog.set_level(logging.DEBUG)
    websocket.enableTrace(True)  # noqa: FBT003  # its own signature
    try:
        yield lambda: (caplog.text, [repr(vars(record)) for record in caplog.records], *capsys.readouterr())
    finally:
        websocket.enableTrace(False)  # noqa: FBT003


@pytest.mark.parametrize("scheme", ["http", "socks5h"])
def test_an_open_connection_holds_and_logs_no_password(origin, through, loud, scheme):
    with through(strict(scheme, origin), scheme, who(password=PASSWORDS[scheme])), connection() as opened:
        assert ask(opened) == b"q"
        assert not leaked([opened, vars(opened), repr(opened)], CANARIES) & set(CANARIES)
    assert not leaked(loud(), CANARIES) & set(CANARIES)


@pytest.mark.parametrize("proxy", [saying(b"HTTP/1.1 407 ECHO\r\n\r\n"), saying(b"ECHO\r\n\r\n"), Silent()])
@pytest.mark.usefixtures("authority")
def test_a_failure_logs_no_password(through, loud, proxy):
    with through(proxy, who=who()), connection(SHORT) as opened, pytest.raises(SparkError):
        ask(opened)
    assert not leaked(loud(), CANARIES) & set(CANARIES)


def test_a_proxys_address_shows_neither_user_nor_password(monkeypatch):
    monkeypatch.setenv("https_proxy", f"http://{who()}proxy.test:3128")
    found = proxy_for(HOST, 443)
    assert found.password.reveal().encode("latin-1").decode() == PASSWORD
    assert not leaked([found, repr(found), str(found), f"{found}"], CANARIES) & set(CANARIES)
    assert "**" not in repr(found)  # the mask's last four characters are four too many here


@pytest.mark.parametrize("reply", [b"HTTP/1.1 407 ECHO\r\n\r\n", b"\r\n\r\n", b"HTTP/1.1 502 ECHO\r\n\r\n"])
@pytest.mark.usefixtures("authority")
def test_a_failure_has_left_the_librarys_frames_behind_where_it_is_made(through, reply):
    """Before the connection raises it anew, that is."""
    deadline = Deadline(LONG, math.inf)
    deadline.begin("open")
    with through(saying(reply), who=who()), pytest.raises(ConnectionFailed) as end:
        dial(HOST, 443, deadline, encrypted=True)
    assert end.value.__context__ is None
    assert not [frame for frame in traceback.extract_tb(end.tb) if "python_socks" in frame.filename]


def test_the_search_would_find_them():
    """Percent-encoded, in Basic's base64, in the locals of a frame."""
    from base64 import b64encode

    assert leaked(quote(PASSWORD, safe=""), CANARIES) >= {"password"}
    assert leaked(b64encode(f"{USER}:{PASSWORD}".encode()), CANARIES) >= {"password", "user"}
    assert leaked(b64encode(f"{USER}:{PLAIN}".encode()), CANARIES) >= {"plain", "user"}
