"""What `spark_magic.auth` promises: the vendor's own signature, and keys for nobody else."""

import locale
import time
from email.utils import parsedate_to_datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from spark_magic.address import is_loopback
from spark_magic.auth import check_address, sign, sign_url
from spark_magic.credentials import Credentials
from spark_magic.errors import ConfigurationError, HostRefused, SparkError
from spark_magic.models import MODELS

# The vector of the vendor's page on URL authentication (protocol page, 2.2): documentation examples, no live keys.
URL = "wss://spark-api.xf-yun.com/v1.1/chat"
DATE = "Fri, 05 May 2023 10:43:39 GMT"
NOW = parsedate_to_datetime(DATE).timestamp()
KEY = "addd2272b6d8b7c8abdd79531420ca3b"
SECRET = "MjlmNzkzNmZkMDQ2OTc0ZDdmNGE2ZTZi"
SIGNATURE = "z5gHdu3pxVV4ADMyk467wOWDQ9q6BQzR3nfMTjc/DaQ="
AUTHORIZATION = (
    "YXBpX2tleT0iYWRkZDIyNzJiNmQ4YjdjOGFiZGQ3OTUzMTQyMGNhM2IiLCBhbGdvcml0aG09ImhtYWMtc2hhMjU2IiwgaGVhZGVycz0iaG9zdCBkYXRl"
    "IHJlcXVlc3QtbGluZSIsIHNpZ25hdHVyZT0iejVnSGR1M3B4VlY0QURNeWs0Njd3T1dEUTlxNkJRelIzbmZNVGpjL0RhUT0i"
)
EXAMPLE = Credentials.of("12345678", KEY, SECRET)

# Spring 2023 in New York: the hour from 2:00 on 12 March does not exist, the one from 1:00 on 5 November comes twice.
GAP = 1678604400.0
FOLD = 1699165800.0


def signed(url=URL, now=NOW):
    """Return the signed address in parts."""
    return urlsplit(sign_url(url, EXAMPLE, now).reveal())


def test_the_vendors_signature():
    assert sign("spark-api.xf-yun.com", DATE, "/v1.1/chat", EXAMPLE.api_secret) == SIGNATURE


def test_the_vendors_address():
    """The final URL is the vendor's, parameter for parameter and in the vendor's order."""
    address = signed()
    assert f"{address.scheme}://{address.netloc}{address.path}" == URL
    assert parse_qs(address.query, strict_parsing=True) == {
        "authorization": [AUTHORIZATION],
        "date": [DATE],
        "host": ["spark-api.xf-yun.com"],
    }
    expected = f"{URL}?authorization={AUTHORIZATION}&date=Fri%2C+05+May+2023+10%3A43%3A39+GMT&host=spark-api.xf-yun.com"
    assert sign_url(URL, EXAMPLE, NOW).reveal() == expected


def test_the_signed_address_does_not_show_itself():
    address = sign_url(URL, EXAMPLE, NOW)
    assert AUTHORIZATION not in f"{address} {address!r} {[address]}"


def test_the_port_is_signed_with_the_host():
    """The upgrade's Host header has the port, so the signed host has it too."""
    assert parse_qs(signed("ws://127.0.0.1:8000/v4.0/chat").query)["host"] == ["127.0.0.1:8000"]


def test_every_catalogued_address_is_one_keys_may_be_sent_to():
    for model in MODELS:
        check_address(model.url)


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "America/New_York", "UTC", "Pacific/Kiritimati"])
@pytest.mark.parametrize("now", [NOW, GAP, GAP + 1800, FOLD, FOLD + 3600])
def test_time_zone_and_daylight_saving_make_no_difference(monkeypatch, zone, now):
    """The date is GMT wherever the computer is, in the hour that does not exist and the one that comes twice."""
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        date = parse_qs(signed(now=now).query)["date"][0]
    finally:
        monkeypatch.undo()
        time.tzset()
    assert date.endswith(" GMT")
    assert parsedate_to_datetime(date).timestamp() == now


@pytest.mark.parametrize("name", ["zh_CN.UTF-8", "de_DE.UTF-8", "C"])
def test_the_locale_makes_no_difference(monkeypatch, name):
    """Names of days and months are English in every locale; where it is not installed, strftime plays it."""
    before = locale.setlocale(locale.LC_ALL)
    try:
        locale.setlocale(locale.LC_ALL, name)
    except locale.Error:
        monkeypatch.setattr(time, "strftime", lambda *_: "周五, 05 5月 2023 10:43:39 GMT")
    try:
        assert parse_qs(signed().query)["date"] == [DATE]
    finally:
        locale.setlocale(locale.LC_ALL, before)


ACCEPTED = [
    URL,
    "wss://xf-yun.com/x",
    "wss://SPARK-API.XF-YUN.COM/v4.0/chat",
    "WSS://spark-api.xf-yun.com/x2",
    "wss://maas-api.cn-huabei-1.xf-yun.com:443/v1.1/chat",
    "wss://spark-api.xf-yun.com",
    "ws://127.0.0.1:8000/x",
    "ws://localhost/x",
    "ws://localhost",
    "ws://LOCALHOST:1/",
    "ws://[::1]:80/",
    "ws://127.9.9.9/x",
    "wss://127.0.0.1/x",
]
STRANGERS = [
    "wss://evil.com/x",
    "wss://evilxf-yun.com/x",
    "wss://xf-yun.com.evil.com/x",
    "wss://spark-api.xf-yun.com.evil.com/x",
    "wss://spark-api-xf-yun.com/x",
    "wss://xf-yun.com./x",
    "wss://spark-api.xf-yun.co/x",
    "ws://evil.com/x",
    "ws://localhost.evil.com/x",
    "ws://127.0.0.1.evil.com/x",
    "ws://128.0.0.1/x",
    "ws://0.0.0.0/x",
    "ws://169.254.169.254/x",
    "ws://2130706433/x",
    "ws://127.1/x",
    "ws://[::2]/x",
    "wss://evil.com:443/.xf-yun.com",
]
NO_ADDRESS = [
    "",
    "x",
    "/v4.0/chat",
    "//spark-api.xf-yun.com/x",
    "wss:///x",
    "wss://",
    "wss:spark-api.xf-yun.com",
    "ws(s)://spark-api.xf-yun.com/v1.1/chat",
    "http://spark-api.xf-yun.com/x",
    "https://spark-api.xf-yun.com/x",
    "file:///etc/passwd",
    "wss://spark-api.xf-yun.com@evil.com/x",
    "wss://evil.com@spark-api.xf-yun.com/x",
    "wss://user:word@spark-api.xf-yun.com/x",
    "wss://@spark-api.xf-yun.com/x",
    "wss://evil.com\\@spark-api.xf-yun.com/x",
    "wss://evil.com\\.xf-yun.com/x",
    "wss://evil.com/\\spark-api.xf-yun.com",
    "wss:\\\\spark-api.xf-yun.com",
    "wss://evil.com#.xf-yun.com/x",
    "wss://evil.com?.xf-yun.com/x",
    "wss://spark-api.xf-yun.com/x?authorization=a",
    "wss://spark-api.xf-yun.com/x?",
    "wss://spark-api.xf-yun.com/x#",
    "wss://evil.com%2f.xf-yun.com/x",
    "wss://spark-api.xf-yun.com/%2e%2e",
    "ws://[::1%25eth0]/x",
    "wss://spark-api.xf-yun.com:0/x",
    "wss://spark-api.xf-yun.com:99999/x",
    "wss://spark-api.xf-yun.com:x/x",
    "wss://[::1/x",
    "wss://spark-api.xf-yun.com /x",
    " wss://spark-api.xf-yun.com/x",
    "wss://spark-api.xf-yun.com/x\n",
    "wss://spark-api.xf-\nyun.com/x",
    "wss://evil.com\t.xf-yun.com/x",
    "wss://spark-api.xf-yun.com/x\r\nX: y",
    "wss://spark-api.xf-yun.com/\x00",
    "wss://ѕpark-api.xf-yun.com/x",
    "wss://evil.com／.xf-yun.com/x",  # a full-width slash, which NFKC turns into a real one
    "wss://evil。xf-yun.com/x",
    "ws://ⓛocalhost/x",
    "wss://讯飞.xf-yun.com/x",
]


@pytest.mark.parametrize("url", ACCEPTED)
def test_the_vendor_and_this_machine_get_keys(url):
    check_address(url)


@pytest.mark.parametrize("url", STRANGERS)
def test_a_stranger_gets_no_keys(url):
    with pytest.raises(HostRefused) as caught:
        check_address(url, file="/home/me/config.toml")
    assert "SPARK_ALLOWED_HOSTS" in caught.value.hint
    assert "/home/me/config.toml" in caught.value.hint


@pytest.mark.parametrize("url", NO_ADDRESS)
def test_what_is_no_plain_address_gets_no_keys(url):
    """User names, backslashes, queries, fragments, percents, blanks and other alphabets are all refused."""
    with pytest.raises(ConfigurationError) as caught:
        check_address(url, ("evil.com",))
    assert caught.value.key == "url.invalid"


def test_ws_to_another_machine_is_refused_even_if_it_is_known():
    for url in ("ws://spark-api.xf-yun.com/x", "WS://spark-api.xf-yun.com/x", "ws://mine.example/x"):
        with pytest.raises(ConfigurationError) as caught:
            check_address(url, ("mine.example",))
        assert caught.value.key == "url.insecure"


def test_an_allowed_host_is_the_whole_host_in_any_case():
    allowed = (" Mine.Example ",)
    check_address("wss://mine.example/x", allowed)
    check_address("wss://MINE.example:8443/x", allowed)
    for url in ("wss://a.mine.example/x", "wss://notmine.example/x", "wss://mine.example.evil.com/x"):
        with pytest.raises(HostRefused):
            check_address(url, allowed)


def test_an_empty_entry_among_the_allowed_hosts_allows_nobody():
    with pytest.raises(ConfigurationError):
        check_address("wss:///x", ("", " "))


PIECES = st.sampled_from(
    [
        *(
            "wss://",
            "ws://",
            "http://",
            "//",
            "/",
            "\\",
            "@",
            ":",
            ":443",
            ":0",
            "?",
            "#",
            "%2e",
            "%",
            ".",
            "[",
            "]",
            "[::1]",
        ),
        *("xf-yun.com", ".xf-yun.com", "spark-api.xf-yun.com", "evil.com", "localhost", "127.0.0.1", "mine.example"),
        *("\t", "\n", " ", "\x00", "。", "／", "ⓛ", "a", "-", ";", ",", "&", "="),
    ]
)


@given(st.lists(PIECES, max_size=8).map("".join) | st.text(max_size=30).map("wss://{}".format))
@example("wss://[::1].xf-yun.com")
@example("wss://evil.com[.xf-yun.com]")
@example("wss://evil.com[.xf-yun.com]/x")
@example("ws://evil.com[127.0.0.1]/x")
def test_no_accepted_address_has_a_host_outside_the_list(url):
    """Whatever passes leads, by a second reading of its text, to the vendor, an allowed host or this machine."""
    try:
        check_address(url, ("mine.example",))
    except SparkError:
        return
    scheme, rest = url.split("://", 1)
    authority = rest.split("/", 1)[0]
    host = authority[1 : authority.index("]")] if authority.startswith("[") else authority.partition(":")[0]
    host = host.lower()
    vendor = host == "xf-yun.com" or host.endswith(".xf-yun.com")
    assert vendor or host == "mine.example" or is_loopback(host)
    assert scheme.lower() == "wss" or is_loopback(host)
    assert not set(authority) & set("@\\?#%")


@pytest.mark.parametrize(
    "url", [f"{URL}?authorization={AUTHORIZATION}&date=x", f"wss://me:{SECRET}@spark-api.xf-yun.com/x"]
)
def test_refusing_an_address_does_not_show_the_keys_in_it(url):
    """People paste signed addresses out of logs: the authorization is base64 of the APIKey."""
    with pytest.raises(ConfigurationError) as caught:
        check_address(url)
    assert AUTHORIZATION not in str(caught.value)
    assert SECRET not in str(caught.value)
