"""One way to write an address, and nothing secret of it on the screen."""

import pytest

from spark_magic.address import canonical_address, is_loopback, shown_address

PLAIN = "wss://spark-api.xf-yun.com/v4.0/chat"


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        (PLAIN, PLAIN),
        ("WSS://Spark-API.XF-yun.com:443/v4.0/chat/", PLAIN),
        ("ws://LocalHost:08765/x", "ws://localhost:8765/x"),
        ("ws://127.0.0.1:80", "ws://127.0.0.1/"),
        ("wss://h:80/a//", "wss://h:80/a"),
        ("ws://[::1]:9/x", "ws://[::1]:9/x"),
    ],
)
def test_an_address_is_written_in_one_way(written, canonical):
    assert canonical_address(written) == canonical
    assert canonical_address(canonical) == canonical


@pytest.mark.parametrize("odd", ["", "x", "wss://[", "wss://h:x/", "wss://me:k@h/x", "wss://H/x?y", "wss://H/x#y"])
def test_what_is_no_plain_address_stays_for_others_to_refuse(odd):
    assert canonical_address(odd) == odd


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        (PLAIN, PLAIN),
        (f"{PLAIN}?authorization=CANARY", PLAIN),
        ("wss://me:CANARY@h/x#CANARY", "…@h/x"),
        ("wss://h/x\\@CANARY", "wss://h/x"),
        ("CANARY@h@i", "…@i"),
        ("CANARY", "…"),
        ("CANARY:CANARY", "…"),
    ],
)
def test_what_may_hold_a_key_is_not_shown(address, shown):
    assert shown_address(address) == shown


# this machine


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "127.0.0.1", "127.9.9.9", "::1", "[::1]"])
def test_what_can_only_mean_this_machine(host):
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    [
        "",
        "example.com",
        "localhost.example.com",
        "0.0.0.0",  # noqa: S104
        "::",
        "128.0.0.1",
        "127.1",
        "2130706433",
        "a127.0.0.1",
    ],
)
def test_what_may_mean_another_machine(host):
    assert not is_loopback(host)
